import { partsOf } from '../identity.ts';
import { HOUR, SECOND, placeOf, textIn, typesOf } from '../keys/key.ts';
import { endOf, latest, startOf, type LinkRule } from './link.ts';

/** Tasks that do one thing to many guests, and what their children do. */
const CHILDREN: Readonly<Record<string, readonly string[]>> = {
  startall: ['guest.start'],
  'bulk-start': ['guest.start'],
  stopall: ['guest.stop', 'guest.shutdown'],
  'bulk-shutdown': ['guest.stop', 'guest.shutdown'],
  suspendall: ['guest.suspend'],
  'bulk-suspend': ['guest.suspend'],
  migrateall: ['guest.migrate'],
  'bulk-migrate': ['guest.migrate'],
};

/** Longest such a task is taken to last. */
const LONGEST_MS = 6 * HOUR;

/** What a bulk task did to one guest is a task of its own, by the same user, begun while the bulk task ran. */
export const bulkParent: LinkRule = {
  name: 'bulk',
  relation: 'parent',
  sources: [...new Set(Object.values(CHILDREN).flat())].flatMap(typesOf),
  targets: typesOf('task'),
  before: LONGEST_MS,
  after: SECOND,
  lookFrom: (child) => [
    {
      place: placeOf(child.cluster, child.node, partsOf(child.type).family, textIn(child, 'user')),
      at: startOf(child),
    },
  ],
  foundAt: (bulk) => {
    const families = CHILDREN[textIn(bulk, 'task_type') ?? ''] ?? [];
    return families.map((family) => ({
      place: placeOf(bulk.cluster, bulk.node, family, textIn(bulk, 'user')),
      at: startOf(bulk),
    }));
  },
  choose: (child, bulks) =>
    latest(bulks.filter((bulk) => bulk.endedAt === undefined || startOf(child) <= endOf(bulk) + SECOND)),
};
