import type { StorageRow } from '@proxmox-mcp/schemas';
import { observe } from './observe.ts';

const nas = (node: string, status: StorageRow['status'] = 'available'): StorageRow => ({
  kind: 'storage',
  node,
  storage: 'nas',
  status,
  shared: true,
});
const local: StorageRow = { ...nas('pve1'), storage: 'local', shared: false };

it('tells of a shared storage with all its nodes when one of them sees it change', () => {
  const { next } = observe(undefined, [nas('pve1'), nas('pve2'), local], 0);
  const { sighting } = observe(next, [nas('pve1', 'unknown'), nas('pve2'), local], 10_000);
  expect(sighting).toEqual({ full: false, rows: [nas('pve1', 'unknown'), nas('pve2')], removed: [] });
});
