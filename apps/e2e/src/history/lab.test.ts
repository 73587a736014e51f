import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testContext } from '@proxmox-mcp/ingest-kit/testing';
import { GatewayConfig, mcpGateway } from '@proxmox-mcp/mcp-gateway';
import { requests, type Event } from '@proxmox-mcp/schemas';
import type { Service } from '@proxmox-mcp/service-kit';
import { state } from '@proxmox-mcp/state';
import { hostsOf, watchLab, type WatchedLab } from '../websocket/watch-lab.ts';
import { runPmx } from './run-pmx.ts';

const TOKEN = 'test-token-of-the-gateway';

let w: WatchedLab;
let dataDir: string;
let env: Record<string, string>;
const services: Service[] = [];

/** One night of the lab, watched, with the history and the gateway on it. */
beforeAll(async () => {
  w = await watchLab();
  dataDir = await mkdtemp(join(tmpdir(), 'proxmox-mcp-e2e-'));
  const more = { hosts: hostsOf(w.lab), dataDir };
  const { promise: url, resolve } = Promise.withResolvers<string>();
  const announce = (line: string) => line.startsWith('Gateway: ') && resolve(line.slice('Gateway: '.length));
  const config = GatewayConfig.parse({ GATEWAY_PORT: '0', GATEWAY_TOKEN: TOKEN, GATEWAY_TIER: 'operate' });
  services.push(
    state.create(testContext(state.config.parse({}), w.bus.bus, more)),
    mcpGateway({ announce: (line) => void announce(line) }).create(testContext(config, w.bus.bus, more)),
  );
  await Promise.all(services.map((service) => service.start(new AbortController().signal)));
  env = { GATEWAY_URL: await url, GATEWAY_TOKEN: TOKEN };
  await w.startService();
  await w.until(() => new Set(w.observations.map((o) => o.source)).size === 3, 60);
  await w.lab.play('nightly-backup-failure').done;
  await w.until(
    () => failed() !== undefined && w.events.some(({ type }) => type === 'backup.guest.progress'),
    120,
  );
  // Whatever the bus holds is in the history.
  await allStored();
}, 120_000);

afterAll(async () => {
  await Promise.all(services.map((service) => service.stop()));
  await w.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** The end of the failed job as its log tells it. */
const failed = (): Event | undefined =>
  w.events.find(({ type, facts }) => type === 'backup.job.failed' && Array.isArray(facts['guests']));

async function allStored(): Promise<void> {
  const [events, raws] = [await w.bus.bus.lastSeq('EVENTS'), await w.bus.bus.lastSeq('RAW')];
  expect(raws).toBeGreaterThan(0);
  expect(events).toBeGreaterThanOrEqual(w.events.length);
  for (const event of w.events) {
    for (;;) {
      const { items } = await w.bus.bus.request(requests.raw, { id: event.id, limit: 1 });
      if (items.length === 1) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

it('shows what an event was read from, through REST and on the command line', async () => {
  const event = failed();
  const answer = await fetch(`${env['GATEWAY_URL'] ?? ''}/api/v1/events/${event?.id ?? ''}/raw`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  expect(answer.status).toBe(200);
  // Our own product's answer.
  const { raw, events } = (await answer.json()) as { raw: { body: { text: string } }; events: string[] };
  expect(events).toEqual([event?.id]);
  expect(raw).toMatchObject({
    channel: 'api',
    format: 'task-log',
    encoding: 'utf8',
    truncated: false,
    context: { upid: event?.upid, product: 'pve' },
    body: { untrusted: true },
  });
  expect(raw.body.text).toContain('ERROR: Backup of VM 104 failed');

  const one = await runPmx(['history', '--raw', event?.id ?? ''], env);
  expect(one).toMatchObject({ code: 0, stderr: '' });
  expect(one.stdout).toContain('ERROR: Backup of VM 104 failed');
  const list = await runPmx(['history', 'events', '--raw', '--limit', '500'], env);
  expect(list.code).toBe(0);
  for (const { raw: id } of w.events) expect(list.stdout).toContain(id);
});

it('says so where there is nothing to show', async () => {
  const ran = await runPmx(['history', '--raw', 'ev-nobody'], env);
  expect(ran.code).toBe(1);
  expect(ran.stderr).toContain('no input is kept');
});

it('reads everything the lab told again, and finds nothing different', async () => {
  const ran = await runPmx(
    ['replay', '--since', '10m', '--until', '2099-01-01T00:00:00Z', '--dry-run', '--json'],
    env,
  );
  expect(ran.stderr).toBe('');
  const { differences, inputs, unread } = JSON.parse(ran.stdout);
  expect(differences).toEqual([]);
  expect(inputs).toBeGreaterThan(20);
  // Progress is kept with the last lines of a log only.
  expect(Object.keys(unread).filter((why) => why !== 'cut')).toEqual([]);
  const before = await w.bus.bus.lastSeq('EVENTS');
  const done = await runPmx(['replay', '--since', '10m', '--until', '2099-01-01T00:00:00Z'], env);
  expect(done.stdout).toContain('0 events added to the history');
  expect(await w.bus.bus.lastSeq('EVENTS')).toBe(before);
});
