import type { NodeState } from '@proxmox-mcp/schemas';
import { percentOf } from '../percent.ts';
import { defineStateRule, type Picture } from '../rule.ts';

/** A node short of memory: the kernel ends a guest before long. */
export const nodeMemory = defineStateRule({
  name: 'node-memory',
  condition: 'node.memory.high',
  summary:
    'The memory of a node is nearly used up, without caches; a node with ZFS only where the size of its cache is known.',
  entry: 'node',
  unit: '%',
  defaults: { enabled: true, warn: 90, crit: 97, clear: 85, for: 600, clearFor: 300 },
  read(node, { picture, settings }) {
    const value = node.status === 'online' ? percentOf(node.mem, node.maxmem) : undefined;
    if (value === undefined) return undefined;
    // The ARC counts as used and gives way when somebody needs it: a number that holds it says little.
    const isHigh = value >= (settings.clear ?? settings.warn ?? 0);
    if (isHigh && hasZfs(node, picture)) return undefined;
    return { value, source: 'cluster/resources, used memory without page cache' };
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
