import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDiscord } from '@proxmox-mcp/lab-kit';
import { readStreams } from '../trouble/audit.ts';
import { createApp, reservePorts } from '../trouble/product-process.ts';
import { postPrune, until } from './reading.ts';

it('a kill in the midst of reading loses nothing and tells nothing twice', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'proxmox-mcp-e2e-'));
  const discord = await startDiscord({ rateLimit: { limit: 10_000, perMs: 1_000 } });
  const [adminPort = 0] = await reservePorts(1);
  const app = createApp({
    app: 'all-in-one',
    folder,
    adminPort,
    env: {
      // Two, because one alone would want NATS to meet others.
      SERVICES: 'ingest-discord,notifier',
      PBS_NODES: 'pbs1',
      PBS1_HOST: '127.0.0.1:1',
      PBS1_USER: 'mcp@pbs',
      PBS1_TOKEN_NAME: 'mcp',
      PBS1_TOKEN_VALUE: 'secret',
      DISCORD_IN_API_URL: discord.apiUrl,
      DISCORD_IN_BOT_TOKEN: discord.botToken,
      DISCORD_IN_CHANNEL_IDS: discord.channelId,
      DISCORD_IN_WEBHOOK_IDS: discord.webhookId,
    },
  });
  const reads = () => discord.requests().filter((one) => one.includes('after=')).length;
  const jobs = Array.from({ length: 120 }, (_, i) => `job-${i}`);
  const post = async (list: readonly string[]) => {
    for (const job of list) await postPrune(discord.webhookUrl, job);
  };
  try {
    app.start();
    await until(() => discord.gateway.sessions() === 1 && reads() > 1);
    const posting = post(jobs.slice(0, 60));
    await until(() => discord.messages().length > 30);
    await app.kill();
    await posting;
    await post(jobs.slice(60));
    const before = reads();
    app.start();
    // Two pages, and one more look when the Gateway is there: by then all of them were read.
    await until(() => discord.gateway.sessions() === 1 && reads() > before + 2);
    expect(await app.stop()).toBe(0);
    const { events, deadLetters } = await readStreams(app.dataDir);
    const told = events.map(({ facts }) => facts['job_id']);
    expect(jobs.filter((job) => !told.includes(job))).toEqual([]);
    expect([events.length, new Set(events.map(({ id }) => id)).size, deadLetters]).toEqual([120, 120, []]);
    expect(app.output()).not.toContain(discord.botToken);
  } finally {
    await app.kill();
    await discord.close();
    await rm(folder, { recursive: true, force: true });
  }
}, 60_000);
