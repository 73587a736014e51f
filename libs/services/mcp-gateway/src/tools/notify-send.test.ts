import { filters, type DeliveryReceipt, type Notification } from '@proxmox-mcp/schemas';
import { seedChannels } from '../testing/fleet.ts';
import { openToolBench, type ToolBench } from '../testing/tool-bench.ts';

let bench: ToolBench;
let sent: Notification[];
beforeEach(async () => {
  bench = await openToolBench({
    prepare: (bus) =>
      seedChannels(
        bus,
        { name: 'gotify' },
        { name: 'discord' },
        { name: 'ntfy' },
        { name: 'pager', enabled: false },
      ),
  });
  sent = [];
});
afterEach(() => bench.close());

/** The far end: a notifier whose channels answer as the table says; others it does not have. */
async function runNotifier(
  outcomes: Record<string, Pick<DeliveryReceipt, 'status' | 'reason' | 'attempts'>>,
): Promise<void> {
  const deliveries = await bench.bus.kv('DELIVERIES');
  await bench.bus.consume({ durable: 'notifier', filters: [filters.allNotifications] }, async ({ data }) => {
    sent.push(data);
    const outcome = outcomes[data.channel] ?? { status: 'failed', reason: 'no-such-channel', attempts: 0 };
    const receipt = { id: data.id, channel: data.channel, at: data.createdAt, ...outcome };
    await deliveries.put(data.id, JSON.stringify(receipt));
  });
}

it('tells per channel what really became of the message', async () => {
  await runNotifier({
    gotify: { status: 'sent', attempts: 1 },
    discord: { status: 'failed', reason: 'rejected', attempts: 3 },
    ntfy: { status: 'pending', attempts: 1 },
  });
  const answer = await bench.ask('notify_send', {
    channels: ['gotify', 'discord', 'ntfy'],
    title: 'Hello',
    severity: 'warning',
    wait_s: 1,
  });
  expect(answer).toMatchObject({
    items: [
      { channel: 'gotify', status: 'sent', attempts: 1 },
      { channel: 'discord', status: 'failed', reason: 'rejected' },
      { channel: 'ntfy', status: 'queued' },
    ],
    warnings: ['discord did not take the message: rejected'],
  });
  expect(sent).toHaveLength(3);
  expect(sent.find((one) => one.channel === 'gotify')).toMatchObject({
    kind: 'message',
    title: 'Hello',
    severity: 'warning',
  });
});

it('uses every channel that is on when none is named, and asks no other', async () => {
  const outcome = { status: 'sent', attempts: 1 } as const;
  await runNotifier({ gotify: outcome, discord: outcome, ntfy: outcome });
  const { items } = await bench.ask('notify_send', { title: 'Hello', wait_s: 5 });
  expect(items).toMatchObject([{ channel: 'discord' }, { channel: 'gotify' }, { channel: 'ntfy' }]);
  expect(sent).toHaveLength(3);
});

it.each([['pager'], ['telegrm']])(
  'names the channels there are when asked for %s, and sends nothing',
  async (name) => {
    expect(await bench.call('notify_send', { channels: ['gotify', name], title: 'Hello' })).toMatchObject({
      ok: false,
      structured: {
        code: 'not_found',
        message: expect.stringContaining(name),
        hint: 'on are discord, gotify, ntfy',
        candidates: ['discord', 'gotify', 'ntfy'],
      },
    });
    expect(sent).toEqual([]);
  },
);

it('fails when no channel is on instead of claiming to have sent', async () => {
  await bench.close();
  bench = await openToolBench({ prepare: (bus) => seedChannels(bus, { name: 'gotify', enabled: false }) });
  expect(await bench.call('notify_send', { title: 'Hello' })).toMatchObject({
    ok: false,
    structured: { code: 'not_found' },
  });
});

it('lets the message wait for a notifier that has told nothing yet, and says so', async () => {
  await bench.close();
  bench = await openToolBench();
  expect(await bench.ask('notify_send', { channels: ['gotify'], title: 'Hello', wait_s: 0 })).toMatchObject({
    items: [{ channel: 'gotify', status: 'queued' }],
    warnings: [expect.stringContaining('notifier')],
  });
});

it('sends the same dedup_key only once', async () => {
  await runNotifier({ gotify: { status: 'sent', attempts: 1 } });
  const args = { channels: ['gotify'], title: 'Hello', dedup_key: 'backup-105' };
  const first = await bench.ask('notify_send', args);
  const second = await bench.ask('notify_send', args);
  expect(second['items']).toEqual(first['items']);
  expect(sent).toHaveLength(1);
});

it('hands on link and thread, and marks a test as one', async () => {
  await runNotifier({ gotify: { status: 'suppressed', reason: 'duplicate', attempts: 0 } });
  const args = {
    channels: ['gotify'],
    title: 'Hello',
    link: 'https://pve.example/x',
    test: true,
    dedup_key: 'k',
  };
  expect(await bench.ask('notify_send', { ...args, wait_s: 5 })).toMatchObject({
    items: [{ channel: 'gotify', status: 'suppressed', reason: 'duplicate' }],
  });
  expect(sent).toMatchObject([{ kind: 'test', link: 'https://pve.example/x', thread: 'message/k' }]);
  expect(await bench.call('notify_send', { ...args, link: 'file:///etc/passwd' })).toMatchObject({
    structured: { code: 'invalid' },
  });
});

it('says queued when nobody delivers', async () => {
  expect(await bench.ask('notify_send', { channels: ['gotify'], title: 'Hello', wait_s: 0 })).toMatchObject({
    items: [{ channel: 'gotify', status: 'queued' }],
  });
});

it('refuses a channel name that is none', async () => {
  expect(await bench.call('notify_send', { channels: ['a.b>c'], title: 'x' })).toMatchObject({
    structured: { code: 'invalid' },
  });
});
