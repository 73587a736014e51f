import { createLab, createSteppedClock, startSenders } from '@proxmox-mcp/lab-kit';
import { runNotifier, sampleIncident } from '@proxmox-mcp/notifier/testing';
import { Inventory, subjects } from '@proxmox-mcp/schemas';
import { openReading, until } from './reading.ts';

const START = Date.UTC(2026, 2, 14, 1);

it('a backup that fails in the lab is heard from Discord, cut as it comes', async () => {
  const clock = createSteppedClock(START);
  const lab = createLab({ clock, seed: 'discord' });
  const inventory = Inventory.parse({
    sources: [
      ...lab.world.sites.map((site) => ({
        id: site.clusterName ?? [...site.nodes.keys()][0],
        product: 'pve',
        cluster: site.clusterName ?? null,
        nodes: [...site.nodes.keys()].map((name) => ({ name })),
      })),
      { id: lab.pbs.name, product: 'pbs', nodes: [{ name: lab.pbs.name }] },
    ],
  });
  const r = await openReading({ inventory, discord: { now: () => clock.now() } });
  const senders = startSenders(lab, { discord: { url: r.discord.webhookUrl, cutAt: 1_990 } });
  try {
    await r.isIn('ok');
    const playing = lab.play('nightly-backup-failure');
    let isOver = false;
    void playing.done.then(() => (isOver = true));
    await until(() => {
      clock.advance(10_000);
      return isOver;
    });
    await senders.settled();
    expect(senders.failures()).toEqual([]);
    await until(() => r.events.length > 0 && r.events.length === r.discord.messages().length);
    expect(r.letters).toEqual([]);
    const failed = r.events.filter(({ type }) => type === 'backup.job.failed');
    expect(failed).toHaveLength(1);
    expect(failed[0]).toMatchObject({
      channel: 'discord',
      product: 'pve',
      severity: 'error',
      facts: {
        truncated: true,
        guests: expect.arrayContaining([expect.objectContaining({ vmid: 104, status: 'err' })]),
      },
    });
    expect(r.events.filter(({ type }) => type === 'notification.unmapped')).toEqual([]);
  } finally {
    await senders.stop();
    await lab.stop();
    await r.close();
  }
});

it('what our own notifier posts to the channel does not come back as an event', async () => {
  const r = await openReading();
  const { bus } = r.bus;
  try {
    await r.isIn('ok');
    // By the very webhook that is read, and by another one in the same channel.
    for (const [index, url] of [
      r.discord.webhookUrl,
      r.discord.addWebhook(r.discord.channelId).url,
    ].entries()) {
      const notifier = await runNotifier(bus, { ENABLED_NOTIFIERS: 'discord', DISCORD_OUT_WEBHOOK_URL: url });
      const incident = { ...sampleIncident(), id: `inc-${index}` };
      await (await bus.kv('INCIDENTS')).put(incident.id, JSON.stringify(incident));
      await bus.publish(subjects.incident(incident.id, 'opened'), incident);
      await until(() => r.discord.messages().length > index);
      await notifier.stop();
    }
    await r.post('ours');
    await until(() => r.events.length === 1);
    expect(r.counts.get('ingest_ignored_total{channel=discord,reason=own-notification}')).toBe(2);
    expect([r.told(), r.letters]).toEqual([['ours'], []]);
  } finally {
    await r.close();
  }
});
