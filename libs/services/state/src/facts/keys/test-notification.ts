import { clusterLabels, splitBy } from '../cluster-labels.ts';
import { runsOf } from '../runs.ts';
import { MINUTE, placeOf, textIn, type ClusterKey } from './key.ts';

/** Somebody pressed "Test": nothing tells more than the target's name. */
export const testNotification: ClusterKey = {
  kind: 'cluster',
  name: 'test',
  types: ['notification.test.received'],
  reachMs: MINUTE,
  // smartd and mdadm have tests too, which name a device.
  placeOf: (event) =>
    textIn(event, 'target') ?? placeOf(event.node, textIn(event, 'device') ?? textIn(event, 'array')),
  partition({ events }) {
    const groups = splitBy(events, clusterLabels(events));
    return groups.flatMap((group) => runsOf(group, MINUTE)).map((run) => ({ events: run }));
  },
};
