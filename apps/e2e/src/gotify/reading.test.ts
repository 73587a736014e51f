import { BusUnavailable } from '@proxmox-mcp/bus';
import { beforePublishing } from '@proxmox-mcp/bus/testing';
import { openGotify } from './open-gotify.ts';
import { runNotifier, sampleIncident } from '@proxmox-mcp/notifier/testing';
import { subjects } from '@proxmox-mcp/schemas';

let g: Awaited<ReturnType<typeof openGotify>>;
beforeEach(async () => {
  g = await openGotify();
});
afterEach(() => g.close());

const names = (count: number, prefix = 'm') => Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);

async function streaming(): Promise<void> {
  await g.until(async () => (await g.state())?.status === 'ok' && g.gotify.streams() === 1);
}

it('begins at the newest message, and tells what comes after it as it comes', async () => {
  await g.post('before');
  await g.start();
  await streaming();
  const id = await g.post('live');
  await g.until(() => g.events.length === 1);
  expect(g.events).toMatchObject([
    {
      type: 'notification.test.received',
      channel: 'gotify',
      source: 'atlas',
      product: 'pve',
      at: Math.floor(g.clock.now() / 1000),
      facts: { target: 'live', gotify_id: id, gotify_priority: 1, notification_type: 'test' },
    },
  ]);
  await g.until(async () => JSON.stringify(await g.cursor()).includes(`"id":${id}`));
});

it('after a gap reads page by page what it missed, in the order of time and once', async () => {
  const first = await g.start();
  await streaming();
  await g.post('first');
  await g.until(() => g.events.length === 1);
  await first.stop();
  for (const name of names(120)) await g.post(name);
  // Other applications’ messages lie between them.
  await g.post('private', 1);
  await g.start();
  await g.until(() => g.events.length === 121);
  await g.post('last');
  await g.until(() => g.events.length === 122);
  expect(g.titles()).toEqual(['first', ...names(120), 'last']);
});

it('loses nothing while the connection is cut, and tells nothing twice', async () => {
  await g.start();
  await streaming();
  await g.post('before');
  await g.until(() => g.events.length === 1);
  g.gotify.cutStreams();
  await g.post('meanwhile');
  await g.until(() => g.gotify.streams() === 0);
  await g.clock.advance(1_000);
  await streaming();
  await g.until(() => g.events.length === 2);
  await g.post('after');
  await g.until(() => g.events.length === 3);
  expect(g.titles()).toEqual(['before', 'meanwhile', 'after']);
  expect(g.counts.get('ingest_duplicates_total{channel=gotify}')).toBeUndefined();
});

it('notices a server that was set up anew, whose ids begin at one again', async () => {
  const first = await g.start();
  await streaming();
  for (const name of names(3)) await g.post(name);
  await g.until(() => g.events.length === 3);
  await first.stop();
  await g.clock.advance(60_000);
  g.gotify.reset();
  await g.post('new 1');
  await g.start();
  await g.until(() => g.events.length === 4);
  await streaming();
  await g.post('new 2');
  await g.until(() => g.events.length === 5);
  expect(g.titles()).toEqual([...names(3), 'new 1', 'new 2']);
});

it('does not take old messages for new ones when the newest were deleted', async () => {
  const first = await g.start();
  await streaming();
  const ids = [];
  for (const name of names(3)) {
    ids.push(await g.post(name));
    await g.clock.advance(60_000);
  }
  await g.until(() => g.events.length === 3);
  await first.stop();
  const headers = { 'x-gotify-key': g.gotify.clientToken };
  await fetch(`${g.gotify.url}/message/${ids[2]}`, { method: 'DELETE', headers });
  await g.start();
  await streaming();
  await g.post('new');
  await g.until(() => g.events.length === 4);
  expect(g.titles()).toEqual([...names(3), 'new']);
  expect(g.counts.get('ingest_duplicates_total{channel=gotify}')).toBeUndefined();
});

it('polls where a proxy passes no WebSocket, says so, and takes the stream when it can be had', async () => {
  g.gotify.refuseStreams(502);
  await g.start({ GOTIFY_IN_POLL_INTERVAL: '15' });
  await g.until(async () => (await g.state())?.status === 'degraded');
  expect((await g.state())?.degraded).toMatchObject([
    {
      reason: 'no-websocket',
      detail: expect.stringContaining('HTTP 502'),
      fix: expect.stringContaining('/stream'),
    },
  ]);
  await g.post('polled');
  await g.clock.advance(15_000);
  await g.until(() => g.events.length === 1);
  g.gotify.refuseStreams();
  while (g.gotify.streams() === 0) await g.clock.advance(15_000);
  await streaming();
  await g.post('streamed');
  await g.until(() => g.events.length === 2);
});

it('gives up a stream that no longer answers its heartbeat', async () => {
  await g.start();
  await streaming();
  g.gotify.hushStreams();
  await g.post('unheard');
  while (g.events.length === 0) await g.clock.advance(31_000);
  expect(g.titles()).toEqual(['unheard']);
});

it('moves its cursor on only after the bus has stored the event', async () => {
  let isAway = true;
  const bus = beforePublishing(g.bus, () => {
    if (isAway) throw new BusUnavailable('away');
  });
  await g.start({}, { bus });
  await streaming();
  const before = await g.cursor();
  await g.post('first');
  await g.post('second');
  await g.clock.advance(5_000);
  expect(await g.cursor()).toEqual(before);
  isAway = false;
  while (g.events.length < 2) await g.clock.advance(1_000);
  expect(g.titles()).toEqual(['first', 'second']);
});

it('stores a message once when it was killed between the event and the cursor', async () => {
  const first = await g.start();
  await streaming();
  const place = await g.cursor();
  await g.post('once');
  await g.until(async () => JSON.stringify(await g.cursor()) !== JSON.stringify(place));
  await first.stop();
  const cursors = await g.bus.kv('CURSORS');
  await cursors.put((await cursors.list('gotify'))[0]?.key ?? '', JSON.stringify(place));
  await g.start();
  await streaming();
  await g.until(() => g.counts.get('ingest_duplicates_total{channel=gotify}') === 1);
  expect(g.titles()).toEqual(['once']);
});

it('is read by one of several replicas, and by another when that one stops', async () => {
  const first = await g.start({}, { instance: 'one' });
  await streaming();
  const second = await g.start({}, { instance: 'two' });
  expect([first, second].map((one) => one.details?.())).toEqual([{ reading: true }, { reading: false }]);
  await g.post('a');
  await g.until(() => g.events.length === 1);
  await first.stop();
  await g.post('b');
  await g.until(() => second.details?.()['reading'] === true && g.events.length === 2);
  expect(g.titles()).toEqual(['a', 'b']);
}, 60_000);

it('keeps of a foreign application’s message that there was one, and not what it says', async () => {
  await g.start();
  await streaming();
  await g.post('a secret of mine', 1);
  await g.post('ours');
  await g.until(() => g.events.length === 1 && g.letters.length === 1);
  expect(g.letters).toMatchObject([{ service: 'ingest-gotify', reason: 'foreign-app' }]);
  expect(JSON.stringify(g.letters)).not.toContain('secret');
});

it('does not hear what our own notifier posts to the same application', async () => {
  await g.start({ GOTIFY_IN_APP_IDS: '1,2' });
  await streaming();
  const notifier = await runNotifier(g.bus, {
    ENABLED_NOTIFIERS: 'gotify',
    GOTIFY_OUT_SERVER_URL: g.gotify.url,
    GOTIFY_OUT_APP_TOKEN: g.gotify.appToken,
  });
  try {
    const incident = sampleIncident();
    await (await g.bus.kv('INCIDENTS')).put(incident.id, JSON.stringify(incident));
    await g.bus.publish(subjects.incident(incident.id, 'opened'), incident, { id: 'opened' });
    await g.gotify.next();
    const ignored = 'ingest_ignored_total{channel=gotify,reason=own-notification}';
    await g.until(() => g.counts.get(ignored) === 1);
    expect(g.events).toEqual([]);
  } finally {
    await notifier.stop();
  }
});

it('names the token’s kind when the server refuses it, without the token itself', async () => {
  await g.start({ GOTIFY_IN_CLIENT_TOKEN: g.gotify.appToken });
  await g.until(async () => (await g.state())?.status === 'down');
  const [trouble] = (await g.state())?.degraded ?? [];
  expect(trouble).toMatchObject({
    reason: 'auth',
    detail: expect.stringContaining('looks like the token of an application'),
    fix: expect.stringContaining('GOTIFY_IN_CLIENT_TOKEN'),
  });
  expect(JSON.stringify(trouble)).not.toContain(g.gotify.appToken);
});
