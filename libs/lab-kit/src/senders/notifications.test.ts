import { startDiscord } from '../receivers/discord/discord.ts';
import { startGotify } from '../receivers/gotify.ts';
import { startWebhookSink } from '../receivers/webhook-sink.ts';
import { startSenders } from './index.ts';
import { NOTIFICATION, PBS1, PVE1, talker } from './samples.ts';

it('posts to a webhook exactly as the recommended target does', async () => {
  const sink = await startWebhookSink({ token: 's3cr3t' });
  const lab = talker();
  const url = ({ node }: { node: string }) => `${sink.url}/hooks/proxmox/${node}`;
  const senders = startSenders(lab, { webhook: { url, token: 's3cr3t' } });
  try {
    lab.onNotification(PBS1, NOTIFICATION);
    await senders.settled();
    expect(senders.failures()).toEqual([]);
    const delivery = await sink.next();
    expect(delivery.path).toBe('/hooks/proxmox/pbs1');
    expect(delivery.headers).toMatchObject({
      'content-type': 'application/json',
      authorization: 'Bearer s3cr3t',
      'user-agent': 'proxmox-sync-http-client/1.0.6',
      'content-length': String(Buffer.byteLength(delivery.body)),
    });
    expect(delivery.body).toBe(
      '{"v":1,"title":"Garbage Collect Datastore \'tank-main\' successful ","message":"Datastore:            tank-main\\nRemoved garbage:      16 GiB\\n\\nGarbage collection successful.\\n","severity":"info","timestamp":1773462111,"fields":{"datastore":"tank-main","hostname":"pbs1","type":"gc"}}',
    );
  } finally {
    await senders.stop();
    await sink.close();
  }
});

it('tries once: what is refused is lost and noted, in order with the rest', async () => {
  const sink = await startWebhookSink();
  const lab = talker();
  const senders = startSenders(lab, { webhook: { url: sink.url } });
  try {
    sink.failNext(1, 503);
    lab.onNotification(PVE1, { ...NOTIFICATION, title: 'lost' });
    lab.onNotification(PVE1, { ...NOTIFICATION, title: 'second' });
    lab.onNotification(PVE1, { ...NOTIFICATION, title: 'third' });
    await senders.settled();
    expect(senders.failures()).toEqual(['webhook: HTTP 503']);
    expect(sink.messages().map(({ json }) => (json as { title: string }).title)).toEqual(['second', 'third']);
  } finally {
    await senders.stop();
    await sink.close();
  }
});

it('posts to Gotify as the built-in target does', async () => {
  const gotify = await startGotify();
  const lab = talker();
  const senders = startSenders(lab, { gotify: { url: gotify.url, token: gotify.appToken } });
  try {
    for (const severity of ['info', 'notice', 'warning', 'error', 'unknown'] as const) {
      lab.onNotification(PVE1, { ...NOTIFICATION, severity });
    }
    await senders.settled();
    expect(gotify.messages().map((message) => message.priority)).toEqual([1, 3, 5, 9, 3]);
    expect(gotify.messages()[0]).toMatchObject({
      title: "Garbage Collect Datastore 'tank-main' successful ",
      message: `\`\`\`\n${NOTIFICATION.body}\n\`\`\``,
      extras: { 'client::display': { contentType: 'text/markdown' } },
    });
  } finally {
    await senders.stop();
    await gotify.close();
  }
});

it('posts to Discord as its documentation says: what is too long is lost, unless a relay cuts it', async () => {
  const discord = await startDiscord();
  const lab = talker();
  const plain = startSenders(lab, { discord: { url: discord.webhookUrl } });
  const relayed = startSenders(lab, { discord: { url: discord.webhookUrl, cutAt: 1_990 } });
  try {
    lab.onNotification(PBS1, NOTIFICATION);
    await plain.settled();
    await relayed.settled();
    const content = `\`\`\` ${NOTIFICATION.body}\`\`\``;
    expect(discord.messages().map((message) => message.content)).toEqual([content, content]);
    lab.onNotification(PBS1, { ...NOTIFICATION, body: 'x'.repeat(2_000) });
    await plain.settled();
    await relayed.settled();
    expect([plain.failures(), relayed.failures()]).toEqual([['discord: HTTP 400'], []]);
    expect(discord.messages().at(-1)?.content).toBe(`\`\`\` ${'x'.repeat(1_986)}`);
  } finally {
    await plain.stop();
    await relayed.stop();
    await discord.close();
  }
});

it('keeps to the default matcher, and to silence after stop', async () => {
  const sink = await startWebhookSink();
  const lab = talker();
  const senders = startSenders(lab, { webhook: { url: sink.url } });
  try {
    lab.onNotification(PBS1, { ...NOTIFICATION, type: 'prune' });
    lab.onNotification(PBS1, { ...NOTIFICATION, type: 'prune', severity: 'error' });
    await senders.stop();
    await senders.stop();
    lab.onNotification(PBS1, NOTIFICATION);
    await senders.settled();
    expect(sink.messages()).toHaveLength(1);
  } finally {
    await sink.close();
  }
});
