import type { Event } from '@proxmox-mcp/schemas';

/**
 * Whose a report is, where some do not tell: a mail that names no host, a mail that PBS forwards under the host's own name. Such a
 * report belongs to the only cluster that the others speak of; with several it stands by itself.
 *
 * @param isTelling whether a report's cluster is to be believed.
 */
export function clusterLabels(
  events: readonly Event[],
  isTelling: (event: Event) => boolean = (event) => event.cluster !== undefined,
): (event: Event) => string {
  const told = new Set(events.filter(isTelling).map(({ cluster }) => cluster ?? ''));
  const only = told.size === 1 ? [...told][0] : undefined;
  return (event) => (isTelling(event) ? undefined : only) ?? event.cluster ?? '';
}

/** Puts events with one label together, in their order. */
export function splitBy(events: readonly Event[], labelOf: (event: Event) => string): Event[][] {
  const groups = new Map<string, Event[]>();
  for (const event of events) {
    const label = labelOf(event);
    const group = groups.get(label);
    if (group) group.push(event);
    else groups.set(label, [event]);
  }
  return [...groups.values()];
}
