import { renderTest } from '../render/package-updates.ts';
import { deliverTo } from '../senders/deliver-target.ts';
import { ConfigRefusal, type GivenValues } from '../world/notification-config.ts';
import { isOn, type LabEntity } from '../world/notification-targets.ts';
import { type PbsCall, type PbsHandler, type PbsRoute } from './call.ts';
import { verifiedParameters, type ParameterRules } from './parameters.ts';

const BASE = '/config/notifications';
const ACL = '/system/notifications';
const FLAGS = new Set(['disable', 'invert-match']);

const NAME = { pattern: /^[A-Za-z0-9_][A-Za-z0-9._-]*$/, length: [2, 32] } as const;
const COMMENT = { pattern: /^[^\p{Cc}]*$/u, length: [0, 128] } as const;
const PAIR = { list: true, pattern: /^name=[^,]+(?:,value=[A-Za-z0-9+/]*={0,2})?$/ } as const;

const WEBHOOK: ParameterRules = {
  url: {},
  method: { oneOf: ['post', 'put', 'get'] },
  body: {},
  header: PAIR,
  secret: PAIR,
  comment: COMMENT,
  disable: { flag: true },
};
const MATCHER: ParameterRules = {
  target: { list: true, ...NAME },
  'match-severity': { list: true },
  'match-field': { list: true },
  'match-calendar': { list: true },
  mode: { oneOf: ['all', 'any'] },
  'invert-match': { flag: true },
  comment: COMMENT,
  disable: { flag: true },
};
const NEW = { name: { ...NAME, required: true }, origin: {} } as const;
const CHANGED = { digest: { pattern: /^[a-f0-9]{64}$/ } } as const;
const NEW_WEBHOOK: ParameterRules = {
  ...WEBHOOK,
  ...NEW,
  url: { required: true },
  method: { oneOf: ['post', 'put', 'get'], required: true },
};

const deletable = (names: readonly string[]): ParameterRules => ({ delete: { list: true, oneOf: names } });
const CHANGED_WEBHOOK: ParameterRules = {
  ...WEBHOOK,
  ...CHANGED,
  ...deletable(['comment', 'disable', 'header', 'body', 'secret']),
};
const CHANGED_MATCHER: ParameterRules = { ...MATCHER, ...CHANGED, ...deletable(Object.keys(MATCHER)) };

const nameOf = (call: PbsCall) => call.path['name'] ?? '';

function row({ name, origin, config }: LabEntity): Record<string, unknown> {
  const typed = Object.entries(config).map(([key, value]): [string, unknown] => [
    key,
    FLAGS.has(key) ? isOn(value) : value,
  ]);
  return { name, origin, ...Object.fromEntries(typed) };
}

/** Sys.Audit to look, Sys.Modify to change; refusals of the configuration in this API's shape. */
function guarded(privilege: 'Sys.Audit' | 'Sys.Modify', handler: (call: PbsCall) => unknown): PbsHandler {
  return (call) => {
    call.require(ACL, privilege);
    try {
      return { data: handler(call) ?? null };
    } catch (error) {
      if (error instanceof ConfigRefusal) throw call.fail(error.status, error.message);
      throw error;
    }
  };
}

const look = (handler: (call: PbsCall) => unknown) => guarded('Sys.Audit', handler);
const change = (rules: ParameterRules, act: (call: PbsCall, values: GivenValues) => void) =>
  guarded('Sys.Modify', (call) => act(call, verifiedParameters(call, rules)));

const test: PbsHandler = async (call) => {
  call.require(ACL, 'Sys.Modify');
  const name = nameOf(call);
  const target = call.site.notifications.targets.get(name);
  if (target === undefined) throw call.fail(404, `endpoint '${name}' does not exist`);
  const timestamp = call.site.seconds();
  const notification = {
    type: 'test',
    severity: 'info',
    timestamp,
    fields: {},
    ...renderTest(name),
  } as const;
  if (target.type === 'sendmail' || target.type === 'smtp') call.site.notify(notification);
  try {
    await deliverTo(target, notification);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw call.fail(500, `could not notify via endpoint(s): ${name}: ${reason}`);
  }
  return { data: null };
};

const at = (path: string, methods: PbsRoute['methods']): PbsRoute => ({
  pattern: new RegExp(`^${BASE}${path}$`),
  methods,
});

/** Notification targets and matchers; of the endpoints the webhooks. */
export const notificationRoutes: readonly PbsRoute[] = [
  at('/targets', {
    GET: look(({ site }) =>
      [...site.notifications.targets.values()].map(({ name, type, origin, config }) => ({
        name,
        type,
        origin,
        ...(config['comment'] === undefined ? {} : { comment: config['comment'] }),
        ...(config['disable'] === undefined ? {} : { disable: isOn(config['disable']) }),
      })),
    ),
  }),
  at('/targets/(?<name>[^/]+)/test', { POST: test }),
  at('/endpoints/webhook', {
    GET: look(({ site }) =>
      [...site.notifications.targets.values()].filter(({ type }) => type === 'webhook').map(row),
    ),
    POST: change(NEW_WEBHOOK, ({ site }, values) =>
      site.notifications.addTarget(values['name']?.[0] ?? '', 'webhook', values),
    ),
  }),
  at('/endpoints/webhook/(?<name>[^/]+)', {
    GET: look((call) => {
      const { notifications } = call.site;
      return { ...row(notifications.target(nameOf(call), 'webhook')), digest: notifications.digest() };
    }),
    PUT: change(CHANGED_WEBHOOK, (call, values) =>
      call.site.notifications.updateTarget(nameOf(call), 'webhook', values),
    ),
    DELETE: change({}, (call) => call.site.notifications.removeTarget(nameOf(call), 'webhook')),
  }),
  at('/matchers', {
    GET: look(({ site }) => [...site.notifications.matchers.values()].map(row)),
    POST: change({ ...MATCHER, ...NEW }, ({ site }, values) =>
      site.notifications.addMatcher(values['name']?.[0] ?? '', values),
    ),
  }),
  at('/matchers/(?<name>[^/]+)', {
    GET: look((call) => {
      const { notifications } = call.site;
      return { ...row(notifications.matcher(nameOf(call))), digest: notifications.digest() };
    }),
    PUT: change(CHANGED_MATCHER, (call, values) =>
      call.site.notifications.updateMatcher(nameOf(call), values),
    ),
    DELETE: change({}, (call) => call.site.notifications.removeMatcher(nameOf(call))),
  }),
];
