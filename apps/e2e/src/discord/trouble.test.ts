import { openReading, until, type Reading, type ReadingOptions } from './reading.ts';

let r: Reading;
const open = async (options: ReadingOptions) => void (r = await openReading(options));
afterEach(() => r.close());

const SOON = { DISCORD_IN_POLL_INTERVAL: '5' };

it('without the Message Content intent says so and how to mend it, and reads everything once it is on', async () => {
  await open({ settings: SOON, prepare: ({ discord }) => discord.permitContent(false) });
  await r.isIn('degraded', 'message-content-intent');
  await r.post('hidden');
  await r.post('hidden too');
  const looks = () => r.counts.get('discord_looks_total{outcome=message-content-intent}') ?? 0;
  await until(() => looks() > 2);
  const [trouble] = (await r.isIn('degraded', 'message-content-intent')).degraded;
  expect(trouble?.detail).toContain('live and by polling alike');
  expect(trouble?.fix).toBe(
    'discord.com/developers/applications → your application → Bot → Privileged Gateway Intents: switch on Message Content Intent',
  );
  expect([r.events, r.letters]).toEqual([[], []]);
  r.discord.permitContent(true);
  await until(() => r.events.length === 2);
  await r.isIn('ok');
  await until(() => r.discord.gateway.sessions() === 1);
  await r.post('live');
  await until(() => r.events.length === 3);
  expect(r.told()).toEqual(['hidden', 'hidden too', 'live']);
});

it('only polls where it is told to, and never calls the Gateway', async () => {
  await open({ settings: { ...SOON, DISCORD_IN_MODE: 'poll' } });
  await r.isIn('ok');
  for (const job of ['1', '2', '3']) await r.post(job);
  await until(() => r.events.length === 3);
  expect(r.told()).toEqual(['1', '2', '3']);
  const looks = () => r.counts.get('discord_looks_total{outcome=read}') ?? 0;
  const seen = looks();
  await until(() => looks() > seen + 2);
  expect(r.events).toHaveLength(3);
  expect(r.discord.gateway.accepted()).toEqual({ identified: 0, resumed: 0 });
  expect(r.discord.requests().filter((one) => one.includes('/gateway'))).toEqual([]);
});

it('with a token that is none is down, and does not ask again and again', async () => {
  await open({ settings: { ...SOON, DISCORD_IN_BOT_TOKEN: 'MTA1.wrong.token-that-is-long-enough' } });
  const { degraded } = await r.isIn('down', 'auth');
  expect(degraded[0]?.fix).toContain('set DISCORD_IN_BOT_TOKEN');
  // One look and one call for the Gateway, although many intervals have passed while the second was answered.
  await until(() => r.discord.requests().length >= 2);
  expect(r.discord.requests()).toHaveLength(2);
  expect(JSON.stringify([await r.state(), r.letters])).not.toContain('MTA1');
});

it('goes on polling when only the Gateway refuses the token', async () => {
  await open({ settings: SOON, prepare: ({ discord }) => discord.gateway.refuseNext(4004) });
  await r.isIn('degraded', 'auth');
  await r.post('by polling');
  await until(() => r.events.length === 1);
});

it('names the permissions that a channel lacks, reads the others, and catches up when it has them', async () => {
  let second = '';
  let url = '';
  const settings: Record<string, string> = { ...SOON };
  await open({
    settings,
    prepare({ discord }) {
      second = discord.addChannel('second');
      const webhook = discord.addWebhook(second);
      url = webhook.url;
      settings['DISCORD_IN_CHANNEL_IDS'] = `${discord.channelId},${second}`;
      settings['DISCORD_IN_WEBHOOK_IDS'] = `${discord.webhookId},${webhook.id}`;
    },
  });
  await r.isIn('ok');
  await r.post('first', url);
  await until(() => r.events.length === 1);
  r.discord.permit(second, { view: false });
  r.discord.gateway.forgetSessions();
  r.discord.gateway.setDown(true);
  await r.post('hidden', url);
  await r.post('elsewhere');
  await until(() => r.events.length === 2);
  const state = await r.isIn('degraded', 'missing-access', 'gateway-unreachable');
  expect(state.degraded[0]).toMatchObject({
    detail: `the bot may not see channel ${second}`,
    fix: 'give the bot the permissions View Channel and Read Message History in that channel (channel settings → Permissions)',
  });
  r.discord.permit(second, { view: true });
  await until(() => r.events.length === 3);
  expect(r.told()).toEqual(['first', 'elsewhere', 'hidden']);
  r.discord.permit(r.discord.channelId, { view: false });
  r.discord.gateway.setDown(false);
  await r.isIn('degraded', 'missing-access');
  await until(async () => (await r.state())?.degraded[0]?.detail.includes(r.discord.channelId) === true);
});

it('notices that the history is hidden although Discord answers as if there were none', async () => {
  await open({
    settings: { ...SOON, DISCORD_IN_MODE: 'poll' },
    async prepare({ discord, post }) {
      await post('old');
      discord.permit(discord.channelId, { history: false });
    },
  });
  expect((await r.isIn('degraded', 'read-message-history')).degraded[0]?.fix).toContain(
    'Read Message History',
  );
  await r.post('missed');
  r.discord.permit(r.discord.channelId, { history: true });
  await until(() => r.events.length === 1);
  await r.isIn('ok');
  expect(r.told()).toEqual(['missed']);
});

it('says which channel Discord does not know', async () => {
  await open({ settings: { ...SOON, DISCORD_IN_CHANNEL_IDS: '1100000000000000999' } });
  expect((await r.isIn('down', 'unknown-channel')).degraded[0]?.fix).toContain(
    'correct DISCORD_IN_CHANNEL_IDS',
  );
});

it('is down while Discord is broken, and goes on by itself', async () => {
  await open({
    settings: { ...SOON, DISCORD_IN_MODE: 'poll' },
    prepare: ({ discord }) => discord.failReads(3, 502),
  });
  await r.isIn('down', 'unreachable');
  await r.isIn('ok');
  await r.post('after');
  await until(() => r.events.length === 1);
});

it.each([
  ['no-channels', { DISCORD_IN_CHANNEL_IDS: '' }],
  ['no-webhooks', { DISCORD_IN_WEBHOOK_IDS: '' }],
])('says %s, and asks nobody', async (reason, settings) => {
  await open({ settings });
  expect((await r.isIn('down', reason)).degraded[0]?.fix).toContain(Object.keys(settings)[0]);
  expect(r.discord.requests()).toEqual([]);
});
