import type {
  NewMatcher,
  NewWebhook,
  NotificationMatcher,
  NotificationTarget,
  PbsClient,
  PveClient,
  WebhookSettings,
  WebhookTarget,
} from '@proxmox-mcp/proxmox-client';
import { NOTIFICATIONS_ROOT } from '@proxmox-mcp/proxmox-client';
import { printedMatcher, printedWebhook } from './printed-call.ts';

export type Client = PveClient | PbsClient;

/** What the host has of the names we want. Targets and matchers share one space of names. */
export interface Found {
  readonly targets: readonly NotificationTarget[];
  readonly matchers: readonly NotificationMatcher[];
  /** The webhook target of our name, with the digest of the configuration. */
  readonly webhook?: WebhookTarget;
}

/** One change of the host's configuration. */
export interface Step {
  /** What it does, in the past: told when it is done. */
  readonly done: string;
  /** The call, with every secret masked, one line each. */
  readonly call: readonly string[];
  run(client: Client, signal: AbortSignal): Promise<void>;
}

/** The names are taken by something that is not ours. */
export class TakenError extends Error {
  override readonly name = 'TakenError';
}

const COMMENT = 'proxmox-mcp: made by setup-target';
/** The body that ingest-webhook reads best (PROXMOX §C.4); the blank keeps `}}` and `}` apart. */
const BODY =
  '{"v":1,"title":"{{escape title}}","message":"{{escape message}}","severity":"{{severity}}","timestamp":{{timestamp}},"fields":{{json fields}} }';

/** The matcher of a target. It cannot have the same name. */
export const matcherNameOf = (name: string): string => `${name}-all`;

/** Reads what is there. */
export async function findTarget(client: Client, name: string, signal: AbortSignal): Promise<Found> {
  const [targets, matchers] = await Promise.all([
    client.notifications.targets({ signal }),
    client.notifications.matchers({ signal }),
  ]);
  const isThere = targets.some((target) => target.name === name && target.type === 'webhook');
  return {
    targets,
    matchers,
    ...(isThere ? { webhook: await client.notifications.webhook(name, { signal }) } : {}),
  };
}

/** Makes target and matcher, or sets them right where they are there already. @throws {TakenError} */
export function planSetUp(
  client: Pick<Client, 'product'>,
  found: Found,
  wanted: { readonly name: string; readonly url: string; readonly token: string },
): Step[] {
  const { name, url, token } = wanted;
  const root = NOTIFICATIONS_ROOT[client.product];
  refuseTaken(found, name);
  const settings: WebhookSettings = {
    url,
    method: 'post',
    headers: { 'Content-Type': 'application/json', Authorization: 'Bearer {{ secrets.token }}' },
    body: BODY,
    secrets: { token },
    comment: COMMENT,
  };
  const { webhook } = found;
  // Somebody who sets it up again wants it to work.
  const again = webhook?.disable === true ? { ...settings, disable: false } : settings;
  const target: Step =
    webhook === undefined
      ? {
          done: `created target ${name}, which posts to ${url}`,
          call: printedWebhook('POST', `${root}/endpoints/webhook`, { name, ...settings }),
          run: (api, signal) =>
            api.notifications.createWebhook({ name, ...settings } satisfies NewWebhook, { signal }),
        }
      : {
          done: `updated target ${name}, which posts to ${url}`,
          call: printedWebhook('PUT', `${root}/endpoints/webhook/${name}`, again),
          run: (api, signal) =>
            api.notifications.updateWebhook(name, again, { signal, digest: webhook.digest }),
        };
  return [target, ...matcherSteps(root, found, name)];
}

/** Takes away what `planSetUp` made: the matcher first, or the target would be in use. @throws {TakenError} */
export function planRemoval(client: Pick<Client, 'product'>, found: Found, name: string): Step[] {
  const root = NOTIFICATIONS_ROOT[client.product];
  refuseTaken(found, name);
  const matcher = ourMatcher(found, name);
  const steps: Step[] = [];
  if (matcher !== undefined) {
    const path = `${root}/matchers/${matcher.name}`;
    const others = matcher.target.filter((target) => target !== name);
    steps.push(
      others.length === 0
        ? {
            done: `deleted matcher ${matcher.name}`,
            call: [`DELETE ${path}`],
            run: (api, signal) => api.notifications.removeMatcher(matcher.name, { signal }),
          }
        : {
            done: `took target ${name} out of matcher ${matcher.name}, which has others`,
            call: printedMatcher('PUT', path, { targets: others }),
            run: (api, signal) =>
              api.notifications.updateMatcher(matcher.name, { targets: others }, { signal }),
          },
    );
  }
  if (found.webhook !== undefined)
    steps.push({
      done: `deleted target ${name}`,
      call: [`DELETE ${root}/endpoints/webhook/${name}`],
      run: (api, signal) => api.notifications.remove('webhook', name, { signal }),
    });
  return steps;
}

function matcherSteps(root: string, found: Found, name: string): Step[] {
  const matcherName = matcherNameOf(name);
  const matcher = ourMatcher(found, name);
  if (matcher === undefined) {
    const made: NewMatcher = { name: matcherName, targets: [name], comment: COMMENT };
    return [
      {
        done: `created matcher ${matcherName}, which sends everything to it`,
        call: printedMatcher('POST', `${root}/matchers`, made),
        run: (api, signal) => api.notifications.createMatcher(made, { signal }),
      },
    ];
  }
  if (matcher.target.includes(name) && !matcher.disable) return [];
  // Rules that the operator has added stay.
  const targets = matcher.target.includes(name) ? matcher.target : [...matcher.target, name];
  const changed = { targets, ...(matcher.disable ? { disable: false } : {}) };
  return [
    {
      done: `updated matcher ${matcherName}`,
      call: printedMatcher('PUT', `${root}/matchers/${matcherName}`, changed),
      run: (api, signal) => api.notifications.updateMatcher(matcherName, changed, { signal }),
    },
  ];
}

function ourMatcher({ matchers }: Found, name: string): NotificationMatcher | undefined {
  return matchers.find((matcher) => matcher.name === matcherNameOf(name));
}

function refuseTaken({ targets, matchers, webhook }: Found, name: string): void {
  const matcherName = matcherNameOf(name);
  const other =
    targets.find((target) => target.name === matcherName) ??
    targets.find((target) => target.name === name && target.type !== 'webhook');
  if (other !== undefined)
    throw new TakenError(`${other.name} is the name of a ${other.type} target; choose another with --name`);
  if (matchers.some((matcher) => matcher.name === name))
    throw new TakenError(`${name} is the name of a matcher; choose another with --name`);
  if (webhook !== undefined && !isOurs(webhook))
    throw new TakenError(`${name} is a webhook target of somebody else; choose another with --name`);
}

/** Made by us, or by hand as docs/operations.md has it. */
function isOurs({ comment, url }: WebhookTarget): boolean {
  return (
    comment === COMMENT || (url !== undefined && /^https?:\/\/[^/]+\/(?:.*\/)?hooks\/proxmox\//.test(url))
  );
}
