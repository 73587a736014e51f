import { MINUTE, SECOND, placeOf, typesOf } from '../keys/key.ts';
import { endOf, latest, startOf, type LinkRule } from './link.ts';

/** The nightly refresh of package lists is what finds the updates that are told of right after it. */
export const aptRefresh: LinkRule = {
  name: 'apt',
  relation: 'caused-by',
  sources: ['node.updates.available'],
  targets: typesOf('node.apt.refresh'),
  before: 2 * MINUTE,
  after: 2 * SECOND,
  lookFrom: (updates) => [{ place: placeOf(updates.cluster, updates.node), at: startOf(updates) }],
  foundAt: (refresh) =>
    refresh.endedAt === undefined
      ? []
      : [{ place: placeOf(refresh.cluster, refresh.node), at: endOf(refresh) }],
  choose: (_, refreshes) => latest(refreshes),
};
