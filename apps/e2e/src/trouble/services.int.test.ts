import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeWithNats, startNatsServer } from '@proxmox-mcp/bus/testing';
import { faultsOf, readBooks, readStreams } from './audit.ts';
import { baseline, RECORDING_MS } from './kill-nine.ts';
import { prepareNight } from './playing.ts';
import { reservePorts } from './product-process.ts';
import { createServices, SERVICE_APPS } from './services.ts';

/** From one victim to the next. All get their turn while the night lasts. */
const BETWEEN_KILLS_MS = 1_200;
const TOKEN = 'token-of-the-webhooks';

await describeWithNats('kill -9 of services that meet over NATS', (program) => {
  it('each in turn, and the server itself, loses nothing, doubles nothing and tells once', async () => {
    const night = await prepareNight();
    const nats = await startNatsServer(program);
    const services = await createServices({ folder: night.folder, natsUrl: nats.url, env: night.env });
    const all = [...services.values()];
    try {
      for (const app of all) app.start();
      await Promise.all(all.map((app) => app.ready()));
      await baseline(night);
      night.begin();
      for (const name of SERVICE_APPS) {
        await sleep(BETWEEN_KILLS_MS);
        const told = night.demo.gotify.messages().length;
        await services.get(name)?.kill();
        services.get(name)?.start();
        // What Gotify answered and nobody noted is sent again: this test is not about that instant.
        if (name === 'notifier' && night.demo.gotify.messages().length > told) await sleep(RECORDING_MS);
        if (name !== 'ingest-webhook') continue;
        await nats.kill();
        await sleep(BETWEEN_KILLS_MS);
        await nats.restart();
      }
      await night.settled(90_000);
      const books = await readBooks(night);
      const codes = await Promise.all(all.map((app) => app.stop()));
      const faults = faultsOf(night, books, await readStreams(night.folder, nats.url));
      expect({ faults, codes }).toEqual({ faults: [], codes: all.map(() => 0) });
    } catch (err) {
      const said = all.map((app) => `${app.app}: ${app.output().slice(-1_500)}`).join('\n');
      throw new Error(`${String(err)}\n${said}`, { cause: err });
    } finally {
      await Promise.all(all.map((app) => app.kill()));
      await nats.stop();
      await night.end();
    }
  }, 200_000);

  it('what an ingestor hears while the server is away arrives in order, also when it is killed meanwhile', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'proxmox-mcp-trouble-'));
    const nats = await startNatsServer(program);
    const [port = 0] = await reservePorts(1);
    const services = await createServices({
      folder,
      natsUrl: nats.url,
      apps: ['ingest-webhook'],
      env: {
        WEBHOOK_IN_TOKEN: TOKEN,
        WEBHOOK_PORT: String(port),
        PVE_NODES: 'pve1',
        PVE1_HOST: '127.0.0.1:1',
        PVE1_USER: 'u@pve',
        PVE1_TOKEN_NAME: 't',
        PVE1_TOKEN_VALUE: 'v',
      },
    });
    const ingestor = services.get('ingest-webhook');
    if (ingestor === undefined) throw new Error('asked for above');
    const send = async (n: number) => {
      const answer = await fetch(`http://127.0.0.1:${port}/hooks/proxmox/pve1`, {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          title: `note ${n}`,
          message: `number ${n}`,
          severity: 'info',
          timestamp: 1_790_000_000 + n,
        }),
      });
      expect(answer.status).toBe(202);
      return ((await answer.json()) as { ids: string[] }).ids;
    };
    try {
      ingestor.start();
      await ingestor.ready();
      const ids = await send(0);
      await nats.kill();
      for (let n = 1; n <= 10; n++) ids.push(...(await send(n)));
      await ingestor.kill();
      ingestor.start();
      await nats.restart();
      await ingestor.ready();
      ids.push(...(await send(11)));
      expect(await ingestor.stop()).toBe(0);
      const { events } = await readStreams(folder, nats.url);
      expect(events.map(({ id }) => id)).toEqual(ids);
    } finally {
      await ingestor.kill();
      await nats.stop();
      await rm(folder, { recursive: true, force: true });
    }
  }, 90_000);
});
