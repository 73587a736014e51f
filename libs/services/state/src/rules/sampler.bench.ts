import type { GuestState } from '@proxmox-mcp/schemas';
import { createFactStore } from '../history/facts.ts';
import { openMemory } from '../history/open-history.ts';
import { createUsageStore } from '../history/usage.ts';
import type { Entry } from '../reduce/entry.ts';
import { RULES, RulesYaml } from './index.ts';
import { createPast } from './past.ts';
import type { Picture } from './rule.ts';
import { createSampler } from './sampler.ts';
import { createSettings } from './settings.ts';
import { createUsageLog } from './usage-log.ts';

// Milliseconds of one look of all rules at a whole lab: `node libs/services/state/src/rules/sampler.bench.ts [entries]`.
// Half of them guests, a third storages; one override, as operators have.

const SIZE = Number(process.argv[2] ?? 10_000);
let now = Date.parse('2026-03-14T01:00:00Z');

function entryOf(n: number): Entry {
  const at = new Date(now).toISOString();
  const seen = { source: 'atlas', product: 'pve', cluster: 'atlas', observedAt: at, since: at } as const;
  const node = `pve${n % 32}`;
  if (n < 32)
    return { kind: 'node', node, status: 'online', cpu: 0.3, maxcpu: 64, mem: 6, maxmem: 10, disk: 1, maxdisk: 9, version: '9.2.1', ...seen }; // prettier-ignore
  const guest: GuestState = { kind: 'guest', guestKind: n % 3 ? 'qemu' : 'lxc', vmid: 100 + n, name: `vm${n}`, node, status: 'running', template: false, cpu: 0.2, maxcpu: 4, mem: 4, maxmem: 8, disk: 3, maxdisk: 9, tags: ['prod'], ...seen }; // prettier-ignore
  switch (n % 6) {
    case 0:
    case 1:
      return { kind: 'storage', node, storage: `s${n}`, status: 'available', shared: false, type: 'lvmthin', content: ['images'], used: 500, total: 1_000, ...seen }; // prettier-ignore
    case 2:
      return { kind: 'job', jobType: 'replication', jobId: `${n}-0`, node, enabled: true, lastRun: now / 1_000, nextRun: now / 1_000 + 900, failCount: 0, ...seen }; // prettier-ignore
    default:
      return guest;
  }
}

const entries = Map.groupBy(Array.from({ length: SIZE }, (_, n) => entryOf(n)), ({ kind }) => kind); // prettier-ignore
const picture: Picture = {
  *of(kind) {
    // The group of a kind holds that kind only.
    yield* (entries.get(kind) ?? []) as never[];
  },
};
const history = openMemory();
const { db } = history;
const usageLog = createUsageLog(createUsageStore(db), picture, () => now);
const sampler = createSampler({
  rules: RULES,
  settings: createSettings(
    RulesYaml.parse({ overrides: [{ match: { tag: 'ci' }, rules: { 'guest-cpu': { warn: 99 } } }] }),
  ),
  picture,
  past: createPast(createFactStore(db), usageLog, () => now),
});
const times: number[] = [];
const noting: number[] = [];
for (let look = 0; look < 60; look++) {
  now += 10_000;
  const from = performance.now();
  if (usageLog.isDue()) usageLog.note();
  const between = performance.now();
  sampler.look(now);
  noting.push(between - from);
  times.push(performance.now() - between);
}
history.close();
const at = (part: number, list: number[]) => (list.toSorted((a, b) => a - b)[Math.floor((list.length - 1) * part)] ?? 0).toFixed(1); // prettier-ignore
console.log(
  `${SIZE} entries, ${RULES.length} rules: a look takes ${at(0.5, times)} ms (longest ${at(1, times)} ms), samples of usage ${at(1, noting)} ms at most`,
);
