import { openTestBus, type TestBus } from '@proxmox-mcp/bus/testing';
import { pruneReceipts } from './prune-receipts.ts';
import { createReceipts } from './receipts.ts';
import { sampleIncident, sampleResolved } from './testing/samples.ts';

let t: TestBus;
beforeEach(async () => {
  t = await openTestBus();
});
afterEach(() => t.close());

it('deletes old receipts, but none that a resolution is still owed by', async () => {
  const receipts = createReceipts(await t.bus.kv('DELIVERIES'));
  const incidents = await t.bus.kv('INCIDENTS');
  await incidents.put('open', JSON.stringify(sampleIncident({ id: 'open' })));
  await incidents.put('over', JSON.stringify(sampleResolved({ id: 'over' })));
  const old = { channel: 'gotify', status: 'sent', attempts: 1, at: '2026-01-01T00:00:00.000Z' } as const;
  await receipts.put({ ...old, id: 'open-opened-gotify', incidentId: 'open' });
  await receipts.put({ ...old, id: 'over-opened-gotify', incidentId: 'over' });
  await receipts.put({ ...old, id: 'gone-opened-gotify', incidentId: 'gone' });
  await receipts.put({ ...old, id: 'message' });
  await receipts.put({ ...old, id: 'waiting', status: 'pending' });
  await receipts.put({ ...old, id: 'new', at: '2026-03-01T00:00:00.000Z' });

  const deleted = await pruneReceipts(receipts, incidents, {
    keepMs: 30 * 86_400_000,
    now: Date.parse('2026-03-14T00:00:00.000Z'),
  });
  expect(deleted).toBe(3);
  expect((await receipts.list()).map((receipt) => receipt.id).sort()).toEqual([
    'new',
    'open-opened-gotify',
    'waiting',
  ]);
});
