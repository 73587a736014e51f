import { openReading, until, type Reading, type ReadingOptions } from './reading.ts';

let r: Reading;
async function open(options: ReadingOptions = {}): Promise<void> {
  r = await openReading(options);
}
afterEach(() => r.close());

/** Opens it and waits until the Gateway tells and the channel was looked at since. */
async function openListening(options: ReadingOptions = {}): Promise<void> {
  await open(options);
  await until(() => r.discord.gateway.sessions() === 1);
  await r.isIn('ok');
  const looks = () => r.counts.get('discord_looks_total{outcome=read}') ?? 0;
  const seen = looks();
  // One more look than there was when the Gateway was ready.
  await until(
    () => looks() > seen || r.discord.requests().filter((one) => one.includes('after=')).length > 1,
  );
}

const reads = () => r.discord.requests().filter((one) => one.includes('/messages?'));

describe('a message', () => {
  it('is told as soon as the Gateway tells it, without a look; what was there before the first start is not', async () => {
    await openListening({ prepare: ({ post }) => post('before') });
    // A look would be in vain.
    r.discord.failReads(1_000, 503);
    await r.post('live');
    await until(() => r.events.length === 1);
    expect(r.events[0]).toMatchObject({
      type: 'backup.prune.succeeded',
      channel: 'discord',
      source: 'pbs1',
      product: 'pbs',
      node: 'pbs1',
      storage: 'tank',
      facts: { job_id: 'live', discord_id: r.discord.messages()[1]?.id },
    });
    await until(async () => (await r.state())?.lastSuccessAt !== undefined);
  });

  it('that is not from a webhook of ours makes no event; of strangers only webhooks are kept', async () => {
    await openListening();
    const foreign = r.discord.addWebhook(r.discord.channelId);
    r.discord.say('did the backup of 104 fail again? ``` Synchronization failed: lol```');
    await r.post('forged', foreign.url);
    await r.post('ours');
    await until(() => r.told().includes('ours') && r.letters.length === 1);
    expect(r.told()).toEqual(['ours']);
    expect(r.letters[0]).toMatchObject({ service: 'ingest-discord', reason: 'not-from-configured-webhook' });
    expect(r.counts.get('discord_unkept_total{reason=not-from-configured-webhook}')).toBe(1);
  });

  it('of another channel of the same server is not looked at', async () => {
    await openListening();
    const elsewhere = r.discord.addWebhook(r.discord.addChannel('elsewhere'));
    await r.post('elsewhere', elsewhere.url);
    await r.post('here');
    await until(() => r.events.length > 0);
    expect([r.told(), r.letters]).toEqual([['here'], []]);
  });

  it('that is edited stays what it was, and the edit is kept as a dead letter', async () => {
    await openListening();
    await r.post('first');
    await until(() => r.events.length === 1);
    await fetch(`${r.discord.webhookUrl}/messages/${r.discord.messages()[0]?.id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ content: '``` Job ID: second\nDatastore: tank\n\nPruning successful.```' }),
    });
    await until(() => r.letters.length === 1);
    expect(r.letters[0]?.reason).toBe('edited');
    expect(r.told()).toEqual(['first']);
  });
});

describe('nothing is lost and nothing told twice', () => {
  it('when the connection breaks and is resumed', async () => {
    await openListening();
    await r.post('1');
    await until(() => r.events.length === 1);
    r.discord.gateway.cut();
    await r.post('2');
    await until(() => r.events.length === 2 && r.discord.gateway.accepted().resumed === 1);
    r.discord.gateway.askReconnect();
    await until(() => r.discord.gateway.accepted().resumed === 2);
    await r.post('3');
    await until(() => r.events.length === 3);
    expect(r.told()).toEqual(['1', '2', '3']);
    expect(r.discord.gateway.accepted().identified).toBe(1);
  });

  it('when a session cannot be resumed: a look finds what was missed', async () => {
    await openListening();
    r.discord.gateway.forgetSessions();
    r.discord.gateway.cut();
    await r.post('missed');
    await until(() => r.discord.gateway.accepted().identified === 2);
    await r.post('heard');
    await until(() => r.events.length === 2);
    expect(r.told()).toEqual(['missed', 'heard']);
  });

  it('when the Gateway is down and more is posted than fits one answer', async () => {
    await openListening({ settings: { DISCORD_IN_POLL_INTERVAL: '5' } });
    r.discord.gateway.setDown(true);
    const jobs = Array.from({ length: 230 }, (_, i) => `job-${i}`);
    for (const job of jobs.slice(0, 210)) await r.post(job);
    await until(() => r.events.length === 210);
    expect((await r.isIn('degraded', 'gateway-unreachable')).degraded[0]?.fix).toContain(
      'DISCORD_IN_MODE=poll',
    );
    r.discord.gateway.setDown(false);
    await until(() => r.discord.gateway.sessions() === 1);
    for (const job of jobs.slice(210)) await r.post(job);
    await until(() => r.events.length === 230);
    expect(r.told()).toEqual(jobs);
    await r.isIn('ok');
  });

  it('when the Gateway dies without a word: heartbeats find out', async () => {
    await openListening({ discord: { heartbeatMs: 1_000 } });
    r.discord.gateway.setMute(true);
    await until(() => r.discord.gateway.accepted().resumed > 0);
    r.discord.gateway.setMute(false);
    await r.post('after');
    await until(() => r.events.length === 1);
  });

  it('when the Gateway keeps a message to itself', async () => {
    await openListening({ settings: { DISCORD_IN_POLL_INTERVAL: '1' } });
    r.discord.gateway.setDeaf(true);
    await r.post('untold');
    await until(() => r.events.length === 1);
    r.discord.gateway.setDeaf(false);
    await r.post('told');
    await until(() => r.events.length === 2);
    expect(r.told()).toEqual(['untold', 'told']);
  });

  it('when the service is stopped, in the midst of a burst too', async () => {
    await openListening();
    const jobs = Array.from({ length: 150 }, (_, i) => `job-${i}`);
    const posting = (async () => {
      for (const job of jobs) await r.post(job);
    })();
    await until(() => r.events.length > 10);
    await r.stop();
    expect(r.discord.gateway.sessions()).toBe(0);
    await posting;
    expect(r.events.length).toBeLessThan(150);
    await r.start('another');
    await until(() => r.events.length === 150);
    expect(r.told()).toEqual(jobs);
  });

  it('when one of two replicas goes: one reads, the other takes over', async () => {
    await openListening();
    const second = await r.start('second');
    await r.post('1');
    await until(() => r.events.length === 1);
    expect([r.discord.gateway.accepted().identified, second.details?.()['reading']]).toEqual([1, false]);
    await r.services[0]?.stop();
    await r.post('2');
    await until(() => r.events.length === 2 && second.details?.()['reading'] === true);
    expect(r.told()).toEqual(['1', '2']);
    await r.isIn('ok');
    const third = await r.start('third');
    await third.stop();
    // One that never read has nothing to report, its end neither.
    expect((await r.state())?.status).toBe('ok');
  });

  it('when Discord asks to wait, and it is left alone as long as it asks', async () => {
    await openListening();
    r.discord.failReads(1, 429, { 'retry-after': '1', 'x-ratelimit-global': 'true' });
    r.discord.gateway.forgetSessions();
    r.discord.gateway.setDown(true);
    await r.post('during');
    const before = reads().length;
    await until(() => reads().length === before + 1);
    const asked = Date.now();
    await until(() => reads().length === before + 2);
    expect(Date.now() - asked).toBeGreaterThanOrEqual(1_000);
    await until(() => r.events.length === 1);
  });
});
