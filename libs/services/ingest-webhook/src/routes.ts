import type { HostIndex } from '@proxmox-mcp/proxmox-events';
import type { Inventory, InventorySource } from '@proxmox-mcp/schemas';
import { pathOf, refuse, type DeliveryHead, type Refused } from './delivery.ts';
import type { Grant } from './tokens.ts';

/** Names of senders that are no hosts of ours: they end up as the source of events. */
const SENDER_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const NO_SOURCE = 'no source of that name; use the name of a host in PVE_NODES, PBS_NODES or of a cluster';

/** What comes to a path. */
export type Route =
  /** Notification targets of PVE and PBS. */
  | { readonly kind: 'proxmox'; readonly source: InventorySource }
  /** What a Gotify server would be sent. Without a source the message has to tell which host it is from. */
  | { readonly kind: 'gotify'; readonly source?: InventorySource }
  /** Any JSON, and Alertmanager's. `source` is set where the name is one of our hosts. */
  | { readonly kind: 'generic' | 'alertmanager'; readonly name: string; readonly source?: InventorySource };

/** Paths the operator gave sources in `config/inventory.yaml`. */
export type ConfiguredRoutes = Pick<Inventory, 'webhook' | 'gotify'>;

/** The paths of a Gotify server: `/gotify/<path>`, and `/gotify/<source>/<path>`. */
const GOTIFY = /^\/gotify(?:\/([^/]+))?\/(message|version)\/?$/;
const HOOK = /^\/hooks\/(proxmox|generic|alertmanager)\/([^/]+)\/?$/;

/** Whether a Gotify client asks what server this is: the one question that is answered to anybody. */
export function isVersionQuestion(head: DeliveryHead): boolean {
  return head.method === 'GET' && GOTIFY.exec(pathOf(head))?.[2] === 'version';
}

/** Whether the path speaks Gotify: its token may stand in the query, and errors have that server's shape. */
export function isGotifyPath(head: Pick<DeliveryHead, 'url'>): boolean {
  return pathOf(head).startsWith('/gotify/');
}

/** Notifications are posted or put; Gotify's messages are posted. */
export function checkMethod(head: Pick<DeliveryHead, 'method' | 'url'>): Refused | undefined {
  const method = head.method.toUpperCase();
  if (method === 'POST' || (method === 'PUT' && !isGotifyPath(head))) return undefined;
  return refuse('method', isGotifyPath(head) ? 'use POST' : 'use POST or PUT', 405);
}

/** What comes to the path of a request, as far as its token opens it. */
export function routeOf(
  head: Pick<DeliveryHead, 'url'>,
  index: HostIndex,
  { configured, grant = {} }: { readonly configured: ConfiguredRoutes; readonly grant?: Grant },
): Route | Refused {
  const route = routeOfPath(pathOf(head), index, configured);
  if ('reject' in route || grant.source === undefined) return route;
  if (route.kind === 'gotify' && route.source === undefined) {
    // A token of one host says which host that is.
    const source = index.bySource(grant.source);
    return source === undefined ? refuse('unknown-source', NO_SOURCE, 404) : { kind: 'gotify', source };
  }
  const names = [route.source?.id, 'name' in route ? route.name : undefined];
  if (names.includes(grant.source)) return route;
  return refuse('unauthorized', 'this token is of another source', 401);
}

function routeOfPath(path: string, index: HostIndex, configured: ConfiguredRoutes): Route | Refused {
  const { routes = {} } = configured.webhook ?? {};
  const routed = Object.hasOwn(routes, path) ? index.bySource(routes[path] ?? '') : undefined;
  if (routed !== undefined) return { kind: 'proxmox', source: routed };
  const gotify = GOTIFY.exec(path);
  if (gotify?.[2] === 'message') return gotifyRoute(gotify[1], index, configured);
  const [, kind, segment] = HOOK.exec(path) ?? [];
  if (kind === undefined || segment === undefined) {
    const detail = 'unknown path; notification targets of PVE and PBS post to /hooks/proxmox/<source>';
    return refuse('unknown-route', detail, 404);
  }
  const name = decode(segment);
  const source = sourceNamed(name, index);
  if (kind === 'proxmox')
    return source === undefined ? refuse('unknown-source', NO_SOURCE, 404) : { kind, source };
  if (source === undefined && !SENDER_NAME.test(name))
    return refuse('unknown-source', 'a sender is named by letters, digits, dots, dashes, underscores', 404);
  // The pattern has no other words.
  const foreign = kind as 'generic' | 'alertmanager';
  return source === undefined ? { kind: foreign, name } : { kind: foreign, name, source };
}

function gotifyRoute(
  segment: string | undefined,
  index: HostIndex,
  { gotify }: ConfiguredRoutes,
): Route | Refused {
  const name = segment === undefined ? gotify?.post_only_route : decode(segment);
  if (name === undefined) return { kind: 'gotify' };
  const source = sourceNamed(name, index);
  return source === undefined ? refuse('unknown-source', NO_SOURCE, 404) : { kind: 'gotify', source };
}

function sourceNamed(name: string, index: HostIndex): InventorySource | undefined {
  return index.bySource(name) ?? index.find(name)?.source;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
