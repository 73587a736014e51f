import type { ExplainQuery } from '@proxmox-mcp/schemas';
import { event, fact, incident, seedChannels } from '../testing/fleet.ts';
import { answerPeople, receipt, seedReceipts } from '../testing/people.ts';
import { openToolBench, type ToolBench } from '../testing/tool-bench.ts';

let bench: ToolBench;
let asked: readonly ExplainQuery[];

async function open(explanation: Parameters<typeof answerPeople>[1] = {}): Promise<void> {
  bench = await openToolBench({
    now: () => Date.parse('2026-11-20T12:00:00Z'),
    prepare: async (bus) => {
      asked = (await answerPeople(bus, explanation)).explain;
      await seedChannels(
        bus,
        { name: 'ntfy', status: 'failing', lastFailureReason: 'http-503' },
        { name: 'gotify', lastOkAt: '2026-11-20T10:00:00.000Z' },
        { name: 'pager', enabled: false },
      );
      await seedReceipts(
        bus,
        receipt('n1'),
        receipt('n2', { at: '2026-11-01T10:00:00.000Z' }),
        receipt('n3', {
          channel: 'ntfy',
          status: 'pending',
          reason: 'http-503',
          at: '2026-11-01T10:00:00.000Z',
        }),
        receipt('n4', {
          channel: 'ntfy',
          status: 'failed',
          reason: 'gave-up',
          at: '2026-11-20T11:00:00.000Z',
        }),
      );
      const inc = incident('inc-2', { facts: ['fact-2'] });
      await (await bus.kv('INCIDENTS')).put('inc-2', JSON.stringify(inc));
    },
  });
}
afterEach(() => bench.close());

it('tells of each channel whether it works, what waits and what became of the messages of the last day', async () => {
  await open();
  expect(await bench.ask('notify_status')).toMatchObject({
    data: {
      channels: [
        { channel: 'gotify', status: 'ok', last_ok: '2026-11-20T10:00:00.000Z', queued: 0, sent: 1 },
        {
          channel: 'ntfy',
          status: 'failing',
          last_refusal: 'http-503',
          last_failed: { id: 'n4', reason: 'gave-up' },
          queued: 1,
          failed: 1,
        },
        { channel: 'pager', enabled: false },
      ],
      deliveries: [
        { id: 'n4', channel: 'ntfy', incident: 'inc-1' },
        { id: 'n1', channel: 'gotify' },
      ],
    },
    degraded: [{ where: 'channel ntfy', reason: 'failing' }],
  });
});

it('looks further back and at one channel when asked', async () => {
  await open();
  const { data } = await bench.ask('notify_status', { channel: 'Gotify', since: '30d' });
  expect(data).toMatchObject({
    channels: [{ channel: 'gotify', sent: 2 }],
    deliveries: [{ id: 'n1' }, { id: 'n2' }],
  });
  expect(await bench.call('notify_status', { channel: 'telegrm' })).toMatchObject({
    structured: { code: 'not_found', candidates: ['gotify', 'ntfy', 'pager'] },
  });
});

it('explains an incident: its stages, who would be told when, who was', async () => {
  await open({
    steps: [
      { stage: 'route', outcome: 'pass', reason: 'matched' },
      { stage: 'silence', outcome: 'suppress', reason: 'silenced', detail: 'si-1: new disks by alice' },
    ],
    deliveries: [],
  });
  const answer = await bench.call('notify_status', { incident: 'inc-1', at: '3h' });
  expect(asked).toEqual([{ incidentId: 'inc-1', at: '2026-11-20T15:00:00.000Z' }]);
  expect(answer).toMatchObject({
    ok: true,
    text: expect.stringContaining('Suppressed by silence: silenced.'),
    structured: {
      data: {
        incident: { id: 'inc-1' },
        steps: [
          { stage: 'route', outcome: 'pass' },
          {
            stage: 'silence',
            reason: 'silenced',
            detail: { untrusted: true, text: 'si-1: new disks by alice' },
          },
        ],
        receipts: [{ channel: 'gotify', status: 'sent' }],
      },
    },
  });
});

it('follows an event to the incident that people are told of', async () => {
  await open();
  bench.history.events.push({ ...event('e9'), seq: 1 });
  bench.history.facts.push(fact('UPID:x', { id: 'fact-1', members: ['e9'] }));
  expect(await bench.ask('notify_status', { explain_event: 'e9' })).toMatchObject({
    data: { reason: 'no-incident', fact: { id: 'fact-1', type: 'backup.job.failed' } },
  });
  await (
    await bench.bus.kv('INCIDENTS')
  ).put('inc-1', JSON.stringify(incident('inc-1', { facts: ['fact-1'] })));
  expect(await bench.ask('notify_status', { explain_event: 'e9' })).toMatchObject({
    data: { incident: { id: 'inc-1', status: 'open' }, deliveries: [{ channel: 'gotify' }] },
  });
  bench.history.facts.length = 0;
  expect(await bench.ask('notify_status', { explain_event: 'e9' })).toMatchObject({
    data: { reason: 'no-fact' },
  });
  bench.history.events.length = 0;
  expect(await bench.call('notify_status', { explain_event: 'e9' })).toMatchObject({
    structured: { code: 'not_found' },
  });
});

it('names the notifier when that does not answer, and says when no channel is on', async () => {
  bench = await openToolBench({ prepare: (bus) => seedChannels(bus, { name: 'gotify', enabled: false }) });
  expect(await bench.call('notify_status', { incident: 'inc-1' })).toMatchObject({
    structured: { code: 'upstream_down', message: expect.stringContaining('notifier') },
  });
  expect(await bench.ask('notify_status')).toMatchObject({
    warnings: ['no channel is on: nobody is told of anything'],
  });
});
