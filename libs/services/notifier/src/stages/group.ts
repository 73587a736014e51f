import type { Incident } from '@proxmox-mcp/schemas';

/** How long openings wait, in milliseconds. */
export interface SettlePolicy {
  /** For the rest of the story (alertmanager's `group_wait`). */
  readonly groupWaitMs: number;
  /** For a node to come back: a hiccup is no outage, and nobody thanks for being woken by one. */
  readonly nodeGraceMs: number;
}

/** A node that stopped its guests before it went was restarted on purpose; its firmware and its guests take their time. */
const PLANNED_RESTART_MS = 600_000;

/** How often a waiting opening is looked at: often while a cause may arrive, then rarely; a node that may come back rarely from the start. */
const OFFLINE = 'node.state.offline';
const QUICK_LOOKS = 10;
const QUICK_MS = 500;
const SLOW_MS = 5_000;

/**
 * How long an opening still waits so that its message carries the cause that arrives a moment later, and so that a node has its
 * time to come back. It ends early when the story is complete. Counted in deliveries, not by a clock: the wait is kept by
 * the bus, so it survives a restart, a stepped clock, and incidents whose `openedAt` is hours old because a long task began then.
 *
 * @param incident the newest copy.
 * @param deliveries 1 on the first delivery.
 * @returns milliseconds until it is to be looked at again, 0 when it is time.
 */
export function settleDelay(incident: Incident, deliveries: number, policy: SettlePolicy): number {
  const looks = Math.max(0, deliveries - 1);
  const quick = incident.condition === OFFLINE ? 0 : QUICK_LOOKS;
  const waitedMs = Math.min(looks, quick) * QUICK_MS + Math.max(0, looks - quick) * SLOW_MS;
  const leftMs = waitOf(incident, policy) - waitedMs;
  return Math.max(0, Math.min(leftMs, looks < quick ? QUICK_MS : SLOW_MS));
}

function waitOf(incident: Incident, { groupWaitMs, nodeGraceMs }: SettlePolicy): number {
  if (incident.condition !== OFFLINE) return isComplete(incident) ? 0 : groupWaitMs;
  // The cluster itself has given the node up.
  if (incident.severity === 'critical') return groupWaitMs;
  const isPlanned = incident.findings.some(({ id }) => id === 'rb-01/planned-restart');
  return Math.max(
    groupWaitMs,
    isPlanned && nodeGraceMs > 0 ? Math.max(nodeGraceMs, PLANNED_RESTART_MS) : nodeGraceMs,
  );
}

/** Which guest by name, which error, to which storage, and what the runbook made of it: there is nothing left to wait for. */
function isComplete({ condition, guest, storage, cause, findings }: Incident): boolean {
  return (
    condition === 'backup.job.failed' &&
    guest?.name !== undefined &&
    storage !== undefined &&
    cause !== undefined &&
    findings.length > 0
  );
}
