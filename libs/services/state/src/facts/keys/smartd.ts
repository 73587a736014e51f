import type { Event } from '@proxmox-mcp/schemas';
import { clusterLabels, splitBy } from '../cluster-labels.ts';
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
    // Two clusters can have nodes of one name. A copy that PBS forwards names the host in place of the cluster.
    const clusterOf = clusterLabels(
      events,
      ({ product, cluster }) => product === 'pve' && cluster !== undefined,
    );
    const diskOf = (event: Event) =>
      textIn(event, 'serial') ?? serialOf(event, named) ?? textIn(event, 'device') ?? '';
    return splitBy(events, (event) => placeOf(clusterOf(event), diskOf(event))).map((group) => ({
      events: group,
    }));
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
