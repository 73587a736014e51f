import { defineStateRule } from '../rule.ts';
import { isToldByDatastore } from '../told-by-datastore.ts';

/** Something that is mostly empty and being filled is in use, not in trouble. */
const LEAST_RATIO = 0.5;

/** When a storage will be full at the pace of the last hours: what a threshold tells too late of one that fills quickly. */
export const storageEta = defineStateRule({
  name: 'storage-eta',
  condition: 'storage.usage.filling',
  summary:
    'A PVE storage that is half full will be full soon at the pace of the last six hours, above all it held in the last week.',
  entry: 'storage',
  unit: 'h',
  worse: 'below',
  defaults: { enabled: true, warn: 72, crit: 24, clear: 144, for: 1_800, clearFor: 7_200 },
  read(storage, { past, picture }) {
    if (storage.status !== 'available' || isToldByDatastore(storage, picture)) return undefined;
    const growth = past.growthOf(storage);
    if (growth === undefined) return undefined;
    const isFilling = growth.usedRatio >= LEAST_RATIO && Number.isFinite(growth.hoursToFull);
    return isFilling ? { value: Math.round(growth.hoursToFull * 10) / 10 } : { level: 'ok' };
  },
  tell({ storage, node, shared }, { value }) {
    const where = shared ? '' : ` on ${node}`;
    return {
      title: `Storage ${storage}${where} will be full soon`,
      cause: `full in ${value} hours at the pace of the last six`,
    };
  },
  over: ({ storage }) => `Storage ${storage} will last again`,
});
