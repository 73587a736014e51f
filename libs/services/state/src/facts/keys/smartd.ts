import type { Event } from '@proxmox-mcp/schemas';
import { DAY, placeOf, textIn, timeOf, type ClusterKey } from './key.ts';

/**
 * What smartd says of one disk on one day (UTC): its log line names the device, its mail the serial number too. A reminder of
 * another day is a fact of its own.
 */
export const smartd: ClusterKey = {
  kind: 'cluster',
  name: 'smart',
  types: ['disk.smart.warning', 'disk.smart.failed'],
  reachMs: DAY,
  placeOf(event) {
    if (event.node === undefined || !(textIn(event, 'device') ?? textIn(event, 'serial'))) return undefined;
    return placeOf(
      event.node,
      textIn(event, 'fail_type'),
      new Date(timeOf(event)).toISOString().slice(0, 10),
    );
  },
  partition({ events }) {
    const named = events.filter((event) => textIn(event, 'serial') !== undefined);
    const groups = new Map<string, Event[]>();
    for (const event of events) {
      const disk = textIn(event, 'serial') ?? serialOf(event, named) ?? textIn(event, 'device') ?? '';
      const key = placeOf(clusterOf(event, events), disk);
      groups.set(key, [...(groups.get(key) ?? []), event]);
    }
    return [...groups.values()].map((group) => ({ events: group }));
  },
};

/** The serial number of the disk behind a device: as the mail nearest in time says, for a disk may have been replaced. */
function serialOf(event: Event, named: readonly Event[]): string | undefined {
  const away = (other: Event) => Math.abs(timeOf(other) - timeOf(event));
  const [nearest] = named
    .filter((other) => textIn(other, 'device') === textIn(event, 'device'))
    .sort((a, b) => away(a) - away(b) || timeOf(a) - timeOf(b) || (a.id < b.id ? -1 : 1));
  return nearest && textIn(nearest, 'serial');
}

/**
 * Two clusters can have nodes of one name. A copy that PBS forwards names the host in place of the cluster, and belongs to the only
 * cluster that speaks of such a node.
 */
function clusterOf({ product, cluster }: Event, events: readonly Event[]): string {
  const clusters = new Set(events.filter((event) => event.product === 'pve').map((event) => event.cluster));
  if (product === 'pve') return cluster ?? '';
  return (clusters.size === 1 ? [...clusters][0] : cluster) ?? '';
}
