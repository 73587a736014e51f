import { defineStateRule } from '../rule.ts';

/** A storage that fills up: the next backup or snapshot fails on it. A storage that is away says nothing about its usage. */
export const storageUsage = defineStateRule({
  name: 'storage-usage',
  condition: 'storage.usage.high',
  summary: 'A PVE storage is nearly full.',
  entry: 'storage',
  unit: '%',
  defaults: { enabled: true, warn: 80, crit: 90, clear: 75, for: 120, clearFor: 120 },
  read({ status, used, total }) {
    if (status !== 'available' || used === undefined || total === undefined || total <= 0) return undefined;
    return { value: Math.round((used / total) * 1_000) / 10 };
  },
  tell({ storage, node, shared }, { value }) {
    const where = shared ? '' : ` on ${node}`;
    return { title: `Storage ${storage}${where} is nearly full`, cause: `${value} % of ${storage} is used` };
  },
  over: ({ storage }) => `Storage ${storage} has room again`,
});
