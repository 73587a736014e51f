import { renderTest } from '../render/package-updates.ts';
import { deliverTo } from '../senders/deliver-target.ts';
import { ConfigRefusal, type GivenValues } from '../world/notification-config.ts';
import type { LabEntity, LabTarget } from '../world/notification-targets.ts';
import { ApiError } from './api-error.ts';
import type { Call, Handler, Routes } from './call.ts';

const BASE = '/cluster/notifications';
/** Keys whose values are numbers on the wire; flags are 0 and 1. */
const NUMBERS = new Set(['disable', 'invert-match', 'port']);

const nameOf = (call: Call) => call.text('name') ?? '';

function valuesOf(call: Call): GivenValues {
  return Object.fromEntries(
    call.names().map((name) => [name, name === 'delete' ? call.list(name) : call.values(name)]),
  );
}

function row({ name, origin, config }: LabEntity): Record<string, unknown> {
  const typed = Object.entries(config).map(([key, value]): [string, unknown] => [
    key,
    NUMBERS.has(key) ? Number(value) : value,
  ]);
  return { name, origin, ...Object.fromEntries(typed) };
}

/** The refusals of the configuration as this API words them. */
function refusing(handler: Handler): Handler {
  return (call) => {
    try {
      return handler(call);
    } catch (error) {
      if (error instanceof ConfigRefusal) throw new ApiError(error.status, error.message);
      throw error;
    }
  };
}

function change(act: (call: Call) => void): Handler {
  return refusing((call) => {
    act(call);
    return null;
  });
}

function endpointRoutes(type: LabTarget['type']): Routes {
  const base = `${BASE}/endpoints/${type}`;
  return {
    [`GET ${base}`]: ({ site }) =>
      [...site.notifications.targets.values()].filter((target) => target.type === type).map(row),
    [`POST ${base}`]: change((call) => call.site.notifications.addTarget(nameOf(call), type, valuesOf(call))),
    [`GET ${base}/{name}`]: refusing((call) => {
      const { notifications } = call.site;
      return { ...row(notifications.target(nameOf(call), type)), digest: notifications.digest() };
    }),
    [`PUT ${base}/{name}`]: change((call) =>
      call.site.notifications.updateTarget(nameOf(call), type, valuesOf(call)),
    ),
    [`DELETE ${base}/{name}`]: change((call) => call.site.notifications.removeTarget(nameOf(call), type)),
  };
}

/** Sends the test notification now, and to this target only; where it does not arrive the caller is told why. */
async function testTarget(call: Call): Promise<null> {
  const name = nameOf(call);
  const target = call.site.notifications.targets.get(name);
  if (target === undefined) throw new ApiError(404, `endpoint '${name}' does not exist`);
  const timestamp = call.site.seconds();
  const notification = {
    type: 'test',
    severity: 'info',
    timestamp,
    fields: {},
    ...renderTest(name),
  } as const;
  // Mail goes out by the lab's own settings, as everything does that its listeners hear.
  if (target.type === 'sendmail' || target.type === 'smtp') call.site.notify(call.local.name, notification);
  try {
    await deliverTo(target, notification);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ApiError(500, `Could not test target: could not notify via endpoint(s): ${name}: ${reason}`);
  }
  return null;
}

/** Notification targets and matchers. */
export const notificationRoutes: Routes = {
  ...endpointRoutes('gotify'),
  ...endpointRoutes('sendmail'),
  ...endpointRoutes('smtp'),
  ...endpointRoutes('webhook'),
  [`GET ${BASE}/targets`]: ({ site }) =>
    [...site.notifications.targets.values()].map(({ name, type, origin, config }) => ({
      name,
      type,
      origin,
      ...(config['comment'] === undefined ? {} : { comment: config['comment'] }),
      ...(config['disable'] === undefined ? {} : { disable: Number(config['disable']) }),
    })),
  [`POST ${BASE}/targets/{name}/test`]: testTarget,
  [`GET ${BASE}/matchers`]: ({ site }) => [...site.notifications.matchers.values()].map(row),
  [`POST ${BASE}/matchers`]: change((call) =>
    call.site.notifications.addMatcher(nameOf(call), valuesOf(call)),
  ),
  [`GET ${BASE}/matchers/{name}`]: refusing((call) => {
    const { notifications } = call.site;
    return { ...row(notifications.matcher(nameOf(call))), digest: notifications.digest() };
  }),
  [`PUT ${BASE}/matchers/{name}`]: change((call) =>
    call.site.notifications.updateMatcher(nameOf(call), valuesOf(call)),
  ),
  [`DELETE ${BASE}/matchers/{name}`]: change((call) => call.site.notifications.removeMatcher(nameOf(call))),
};
