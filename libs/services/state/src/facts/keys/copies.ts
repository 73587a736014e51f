import { copiesOf } from '../notification-copies.ts';
import { MINUTE, textIn, type ClusterKey } from './key.ts';

/** Copies of a notification that no other key knows better: system mails, requests for a tape, certificates, what nobody knows yet. */
export const copies: ClusterKey = {
  kind: 'cluster',
  name: 'copies',
  reachMs: MINUTE,
  // A host that runs PVE and PBS sends every system mail twice, by two sources: the place must not name one.
  placeOf: (event) => (textIn(event, 'notification_type') === undefined ? undefined : event.type),
  partition: ({ events }) => copiesOf(events),
};
