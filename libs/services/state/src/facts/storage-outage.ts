import type { Event, Fact } from '@proxmox-mcp/schemas';

/** Types that say a node cannot use a storage: pvestatd's complaint, and what the resource list makes of it (PROXMOX §G.5, T5). */
export const OUTAGE_TYPES: readonly string[] = ['storage.state.unavailable', 'storage.state.unknown'];

/** Longest silence between two reports of one outage: the resource list may lag five minutes, a repeated line comes every five. */
const SILENCE_MS = 6 * 60_000;

/** An outage is looked for this far back, in milliseconds. */
export const OUTAGE_SPAN_MS = 24 * 3_600_000;

/** Whether the event tells that one node lost one storage. */
export function isOutageReport(event: Event): boolean {
  return OUTAGE_TYPES.includes(event.type) && event.node !== undefined && event.storage !== undefined;
}

/** What is known of earlier reports. */
export interface Outage {
  readonly fact: Fact;
  /** Times of all its reports, milliseconds. */
  readonly reports: readonly number[];
}

/**
 * Finds the outage that a report belongs to, so that a storage that is down for an hour is one fact per node and not one per
 * complaint.
 *
 * @param ends when the node could use the storage again, in milliseconds.
 */
export function outageOf(
  report: Event,
  outages: readonly Outage[],
  ends: readonly number[],
): string | undefined {
  const at = Date.parse(report.occurredAt);
  const mine = outages.filter(({ fact, reports }) => {
    if (fact.storage !== report.storage) return false;
    return reports.some((other) => {
      const [from, to] = [Math.min(at, other), Math.max(at, other)];
      return to - from <= SILENCE_MS && !ends.some((end) => from < end && end <= to);
    });
  });
  return mine.at(-1)?.fact.id;
}
