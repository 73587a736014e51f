import { openTestBus } from '@proxmox-mcp/bus/testing';
import { Inventory, InventorySource, stateKeys } from '@proxmox-mcp/schemas';
import { createLiveInventory } from './live-inventory.ts';
import { testContext } from './testing/index.ts';

it('knows what the API told, what the operator wrote, and follows both', async () => {
  const t = await openTestBus();
  try {
    const { log } = testContext({}, t.bus);
    const state = await t.bus.kv('STATE');
    const put = (source: object) => {
      const parsed = InventorySource.parse(source);
      return state.put(stateKeys.inventory(parsed.id), JSON.stringify(parsed));
    };
    await put({ id: 'atlas', product: 'pve', cluster: 'atlas', nodes: [{ name: 'pve1', nodeid: 1 }] });
    const configured = Inventory.parse({
      sources: [
        {
          id: 'atlas',
          product: 'pve',
          timezone: 'Europe/Vienna',
          nodes: [{ name: 'pve1', address: '192.0.2.11' }],
        },
      ],
    });
    const inventory = createLiveInventory({ bus: t.bus, log, configured, hosts: [] });
    await inventory.start();
    expect(inventory.index().find('192.0.2.11')).toMatchObject({
      node: 'pve1',
      source: { cluster: 'atlas', timezone: 'Europe/Vienna', nodes: [{ nodeid: 1 }] },
    });
    expect(inventory.index().find('pbs1')).toBeUndefined();
    await put({ id: 'pbs1', product: 'pbs', nodes: [{ name: 'pbs1' }] });
    await state.put(stateKeys.inventory('broken'), '{');
    while (inventory.index().find('pbs1') === undefined)
      await new Promise((resolve) => setImmediate(resolve));
    expect(inventory.index().find('PBS1.example.net')?.source.id).toBe('pbs1');
    await inventory.stop();
    await inventory.stop();
  } finally {
    await t.close();
  }
});
