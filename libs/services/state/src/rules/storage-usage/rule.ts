import { percentOf } from '../percent.ts';
import { defineStateRule } from '../rule.ts';
import { isToldByDatastore } from '../told-by-datastore.ts';

/** A storage that fills up: the next backup or snapshot fails on it. A storage that is away says nothing about its usage. */
export const storageUsage = defineStateRule({
  name: 'storage-usage',
  condition: 'storage.usage.high',
  summary: 'A PVE storage is nearly full.',
  entry: 'storage',
  unit: '%',
  defaults: { enabled: true, warn: 80, crit: 90, clear: 75, for: 120, clearFor: 120 },
  read(storage, { picture }) {
    if (storage.status !== 'available' || isToldByDatastore(storage, picture)) return undefined;
    const value = percentOf(storage.used, storage.total);
    return value === undefined ? undefined : { value };
  },
  tell({ storage, node, shared }, { value }) {
    const where = shared ? '' : ` on ${node}`;
    return { title: `Storage ${storage}${where} is nearly full`, cause: `${value} % of ${storage} is used` };
  },
  over: ({ storage }) => `Storage ${storage} has room again`,
});
