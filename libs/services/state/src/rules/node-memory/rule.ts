import type { NodeState } from '@proxmox-mcp/schemas';
import { percentOf } from '../percent.ts';
import { defineStateRule, type Picture } from '../rule.ts';

/** Less waiting for memory than this, in percent of the time, and what is used is not missed. */
const LEAST_PRESSURE = 5;

/** A node short of memory: the kernel ends a guest before long. */
export const nodeMemory = defineStateRule({
  name: 'node-memory',
  condition: 'node.memory.high',
  summary: `The memory of a node is nearly used up, without caches (with ZFS only where the size of its cache is known) and, before it is critical and since PVE 9, work waits for it ${LEAST_PRESSURE} % of the time.`,
  entry: 'node',
  unit: '%',
  defaults: { enabled: true, warn: 90, crit: 97, clear: 85, for: 600, clearFor: 300 },
  read(node, { picture, settings }) {
    const { status, mem, maxmem, arcsize, pressurememorysome: pressure } = node;
    // The ARC counts as used and gives way when somebody needs it: a number that holds it says little.
    const used = mem === undefined ? undefined : Math.max(0, mem - (arcsize ?? 0));
    const value = status === 'online' ? percentOf(used, maxmem) : undefined;
    if (value === undefined) return undefined;
    const isHigh = value >= (settings.clear ?? settings.warn ?? 0);
    if (isHigh && arcsize === undefined && hasZfs(node, picture)) return undefined;
    const source = `used memory without page cache${arcsize === undefined ? '' : ' and ARC'}`;
    const isCritical = settings.crit !== undefined && value >= settings.crit;
    const isMissed = pressure === undefined || pressure >= LEAST_PRESSURE;
    return isCritical || isMissed ? { value, source } : { value, source, level: 'ok' };
  },
  tell: ({ node }, { value }) => ({
    title: `Memory of ${node} is nearly used up`,
    cause: `${value} % of its memory is in use`,
  }),
  over: ({ node }) => `${node} has memory again`,
});

function hasZfs({ cluster, node }: NodeState, picture: Picture): boolean {
  for (const storage of picture.of('storage', cluster))
    if (storage.node === node && storage.type === 'zfspool') return true;
  return false;
}
