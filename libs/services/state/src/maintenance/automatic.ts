import { hash } from 'node:crypto';
import { parseUpid } from '@proxmox-mcp/proxmox-events';
import type { Fact, MaintenanceWindow, NodeState } from '@proxmox-mcp/schemas';
import { FRESH_MS } from '../rules/sampler.ts';

/** A node that is told to shut down: its guests are being stopped. */
export interface Shutdown {
  readonly cluster: string;
  readonly node: string;
  /** Milliseconds. */
  readonly startedAt: number;
  /** When its guests were down. */
  readonly endedAt?: number;
}

/** Longest time that a shutdown explains anything: a node that is not back by then is a problem. */
export const SHUTDOWN_MS = 30 * 60_000;
/** How long after its return a node may be settling: guests start, storages come back. */
export const QUIET_MS = 5 * 60_000;
/** HA maintenance lasts as long as it is seen: each look prolongs the window by this, and without looks it ends. */
const SEEN_MS = 60 * 60_000;
/** Prolonged only when less is left, so that a look a second is not a write a second. */
const PROLONG_MS = 30 * 60_000;
/** A node whose guests are down, and which is up for this long after, was not going to shut down. */
const STAYED_MS = 3 * 60_000;

/** What goes wrong with a node that is away on purpose. A disk that fails just then is none of it. */
const EXPECTED = [
  'node.*',
  'guest.*',
  'storage.*',
  'datastore.*',
  'cluster.*',
  'ha.*',
  'ceph.*',
  'replication.*',
];

/**
 * What a fact tells of a node that shuts down: systemd stops the guests of a node as root, in a task of its own. No task tells of the
 * reboot itself, nor of an upgrade.
 */
export function shutdownIn({
  type,
  facts,
  upid = '',
  cluster,
  node,
  startedAt,
  endedAt,
}: Fact): Shutdown | undefined {
  if (!type.startsWith('task.') || facts['task_type'] !== 'stopall') return undefined;
  if (cluster === undefined || node === undefined || parseUpid(upid)?.user !== 'root@pam') return undefined;
  const ended = endedAt === undefined ? {} : { endedAt: Date.parse(endedAt) };
  return { cluster, node, startedAt: Date.parse(startedAt), ...ended };
}

/** What is known of the nodes. */
export interface Seen {
  readonly nodes: Iterable<NodeState>;
  readonly shutdowns: readonly Shutdown[];
  readonly windows: readonly MaintenanceWindow[];
}

/** The windows that have to be opened, prolonged or shortened for what is seen. Pure. */
export function automaticChanges({ nodes, shutdowns, windows }: Seen, now: number): MaintenanceWindow[] {
  const known = new Map(windows.map((window) => [window.id, window]));
  const rows = new Map([...nodes].map((node) => [placeOf(node), node]));
  const isRecent = ({ startedAt }: Shutdown) => startedAt <= now && now < startedAt + SHUTDOWN_MS;
  const ofShutdowns = shutdowns.filter(isRecent).flatMap((shutdown) => {
    const fresh = openedFor(shutdown);
    return forShutdown(known.get(fresh.id), fresh, isBack(shutdown, rows.get(placeOf(shutdown))), now);
  });
  // One that a person closed goes on unseen, so that the same maintenance does not open another.
  const lasting = new Map(
    windows
      .filter(({ id, until }) => id.startsWith(HA_PREFIX) && Date.parse(until) > now)
      .map((window) => [placeOf(window.match), window]),
  );
  const ofNodes = [...rows.values()].flatMap((node) => forMaintenance(node, lasting.get(placeOf(node)), now));
  return [...ofShutdowns, ...ofNodes];
}

const HA_PREFIX = 'auto-ha-';

const placeOf = ({ cluster, node }: Pick<MaintenanceWindow['match'], 'cluster' | 'node'>) =>
  JSON.stringify([cluster, node]);

function forShutdown(
  held: MaintenanceWindow | undefined,
  fresh: MaintenanceWindow,
  isBack: boolean,
  now: number,
): MaintenanceWindow[] {
  if (held === undefined) return [fresh];
  return isBack ? shortened(held, now) : [];
}

/** Whether the node has booted since, or was never going to. */
function isBack({ startedAt, endedAt }: Shutdown, node: NodeState | undefined): boolean {
  if (node?.status !== 'online') return false;
  const seenAt = Date.parse(node.observedAt);
  const bootedAt = node.uptime === undefined ? -Infinity : seenAt - node.uptime * 1_000;
  return bootedAt > startedAt || (endedAt !== undefined && seenAt > endedAt + STAYED_MS);
}

function forMaintenance(
  node: NodeState,
  held: MaintenanceWindow | undefined,
  now: number,
): MaintenanceWindow[] {
  // Unseen is neither in maintenance nor back.
  if (now - Date.parse(node.observedAt) > FRESH_MS) return [];
  if (node.hastate === 'maintenance') {
    const until = new Date(now + SEEN_MS).toISOString();
    if (held === undefined) return [inMaintenance(node, until, now)];
    return Date.parse(held.until) < now + PROLONG_MS ? [{ ...held, until }] : [];
  }
  // While it reboots HA knows nothing of it: that is not the end.
  return held !== undefined && node.status === 'online' ? shortened(held, now) : [];
}

function shortened(window: MaintenanceWindow, now: number): MaintenanceWindow[] {
  if (Date.parse(window.until) <= now + QUIET_MS) return [];
  return [{ ...window, until: new Date(now + QUIET_MS).toISOString() }];
}

function openedFor({ cluster, node, startedAt }: Shutdown): MaintenanceWindow {
  return {
    id: `auto-shutdown-${short([cluster, node, startedAt])}`,
    match: { cluster, node, condition: EXPECTED },
    from: new Date(startedAt).toISOString(),
    until: new Date(startedAt + SHUTDOWN_MS).toISOString(),
    reason: `${node} is shutting down or rebooting`.slice(0, 500),
    by: 'auto',
    effect: 'mute',
  };
}

function inMaintenance({ cluster, node }: NodeState, until: string, now: number): MaintenanceWindow {
  return {
    id: `${HA_PREFIX}${short([cluster, node, now])}`,
    match: { cluster, node, condition: EXPECTED },
    from: new Date(now).toISOString(),
    until,
    reason: `${node} is in HA maintenance mode`.slice(0, 500),
    by: 'auto',
    effect: 'mute',
  };
}

const short = (parts: readonly unknown[]) => hash('sha256', JSON.stringify(parts), 'hex').slice(0, 12);
