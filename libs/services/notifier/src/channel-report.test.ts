import { openTestBus, type TestBus } from '@proxmox-mcp/bus/testing';
import { ChannelState, stateKeys, subjects } from '@proxmox-mcp/schemas';
import type { Service } from '@proxmox-mcp/service-kit';
import { CHANNELS } from './channels/index.ts';
import { type FarEnd, openFarEnd } from './testing/far-end.ts';
import { runNotifier, until } from './testing/run-notifier.ts';
import { sampleNotification } from './testing/samples.ts';

let t: TestBus;
let hook: FarEnd;
let service: Service | undefined;
beforeEach(async () => {
  t = await openTestBus();
  hook = await openFarEnd();
});
afterEach(async () => {
  await service?.stop();
  service = undefined;
  await t.close();
  await hook.close();
});

const settings = () => ({ ENABLED_NOTIFIERS: 'webhook', NOTIFY_WEBHOOK_URL: hook.url });
async function channels(): Promise<Record<string, ChannelState>> {
  const entries = await (await t.bus.kv('STATE')).list('channels');
  return Object.fromEntries(
    entries.map(({ key, value }) => [key.slice('channels.'.length), ChannelState.parse(JSON.parse(value))]),
  );
}
const send = (id: string) =>
  t.bus.publish(
    subjects.notification('webhook'),
    sampleNotification({ id, channel: 'webhook', createdAt: new Date().toISOString() }),
    { id },
  );

it('writes every channel there is, on or off, and forgets those that are no more', async () => {
  const state = await t.bus.kv('STATE');
  await state.put(stateKeys.channel('pager'), '{}');
  service = await runNotifier(t.bus, settings());
  const told = await channels();
  expect(Object.keys(told).sort()).toEqual(CHANNELS.map(({ name }) => name).sort());
  expect(told['webhook']).toMatchObject({ enabled: true, status: 'ok' });
  expect(told['gotify']).toMatchObject({ enabled: false });
});

it('tells when a channel fails, why, and when it takes notifications again, also across a restart', async () => {
  hook.answer(() => ({ status: hook.requests.length > 1 ? 200 : 500 }));
  service = await runNotifier(t.bus, settings());
  await send('n1');
  await until(channels, ({ webhook }) => webhook?.lastOkAt !== undefined);
  expect((await channels())['webhook']).toMatchObject({ status: 'ok', lastFailureReason: 'http-500' });
  await service.stop();
  service = await runNotifier(t.bus, settings());
  expect((await channels())['webhook']).toMatchObject({ status: 'ok', lastFailureReason: 'http-500' });
  expect((await channels())['webhook']?.lastOkAt).toBeDefined();
});

it('says failing while it fails', async () => {
  hook.answer('reset');
  service = await runNotifier(t.bus, settings());
  await send('n1');
  const told = await until(channels, ({ webhook }) => webhook?.status === 'failing');
  expect(told['webhook']?.lastFailureReason).toBeDefined();
  expect(JSON.stringify(told)).not.toContain(hook.url);
});
