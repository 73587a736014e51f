import { connect } from 'node:net';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBus, type Bus } from '@proxmox-mcp/bus';
import { describeWithNats, startNatsServer } from '@proxmox-mcp/bus/testing';
import { testContext } from '@proxmox-mcp/ingest-kit/testing';
import { SyslogConfig, ingestSyslog } from '@proxmox-mcp/ingest-syslog';
import { GatewayConfig, mcpGateway } from '@proxmox-mcp/mcp-gateway';
import {
  InventorySource,
  requests,
  stateKeys,
  subjects,
  type Event,
  type RawInput,
} from '@proxmox-mcp/schemas';
import type { Service } from '@proxmox-mcp/service-kit';
import { state } from '@proxmox-mcp/state';
import { runPmx } from './run-pmx.ts';

const TOKEN = 'test-token-of-the-gateway';
const HOUR_MS = 3_600_000;
/** All that is sent comes from a host that the product gets to know later. */
const ATLAS = InventorySource.parse({
  id: 'atlas',
  product: 'pve',
  cluster: 'atlas',
  nodes: [{ name: 'pve1' }],
});

/** A failed backup of a guest, as an RFC 5424 line of a given time. */
function failedTask(vmid: number, hoursAgo: number): string {
  const at = Date.now() - hoursAgo * HOUR_MS;
  const start = Math.floor(at / 1000)
    .toString(16)
    .toUpperCase()
    .padStart(8, '0');
  const upid = `UPID:pve1:0000A0B${vmid % 10}:0A1B2C3D:${start}:vzdump:${vmid}:root@pam!nightly-token:`;
  return `<27>1 ${new Date(at).toISOString()} pve1 pvedaemon 1421 - -  <root@pam!nightly-token> end task ${upid} job errors`;
}

function replays(
  driver: string,
  open: (dataDir: string) => Promise<{ bus: Bus; close: () => Promise<void> }>,
) {
  describe(`dead letters and their replay, ${driver}`, () => {
    let dataDir: string;
    let close: () => Promise<void>;
    let bus: Bus;
    let env: Record<string, string>;
    const services: Service[] = [];

    beforeAll(async () => {
      dataDir = await mkdtemp(join(tmpdir(), 'proxmox-mcp-e2e-'));
      ({ bus, close } = await open(dataDir));
      const { promise: url, resolve } = Promise.withResolvers<string>();
      const config = GatewayConfig.parse({
        GATEWAY_PORT: '0',
        GATEWAY_TOKEN: TOKEN,
        GATEWAY_TIER: 'operate',
      });
      const gateway = mcpGateway({ announce: (line) => resolve(line.replace('Gateway: ', '')) });
      services.push(
        state.create(testContext(state.config.parse({}), bus, { dataDir })),
        gateway.create(testContext(config, bus, { dataDir })),
        ingestSyslog.create(testContext(SyslogConfig.parse({ EVENT_SYSLOG_LISTEN_PORT: '0' }), bus)),
      );
      await Promise.all(services.map((service) => service.start(new AbortController().signal)));
      env = { GATEWAY_URL: await url, GATEWAY_TOKEN: TOKEN };
    });
    afterAll(async () => {
      await Promise.all(services.map((service) => service.stop()));
      await close();
      await rm(dataDir, { recursive: true, force: true });
    });

    async function send(...lines: string[]): Promise<void> {
      const socket = connect(Number(services[2]?.details?.()['port']), '127.0.0.1');
      await once(socket, 'connect');
      socket.end(lines.map((line) => `${Buffer.byteLength(line)} ${line}`).join(''));
      await once(socket, 'close');
    }
    async function letters(count: number) {
      for (;;) {
        const { items } = await bus.request(requests.deadLetters, { limit: 50, order: 'oldest' });
        if (items.length >= count) return items;
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    async function events(count: number): Promise<Event[]> {
      for (;;) {
        const { items } = await bus.request(requests.events, { limit: 50, order: 'oldest' });
        if (items.length >= count) return items;
        await new Promise((resolve) => setImmediate(resolve));
      }
    }

    it('shows who gave up on what, poison too, and lets it steer no terminal', async () => {
      await send(failedTask(104, 72), failedTask(105, 1), '<27>1 \u001B[2J password=hunter2');
      await bus.publish(subjects.event('api', 'task.failed'), { poison: 'token=abcdef' } as never);
      await letters(4);
      const ran = await runPmx(['history', 'dead-letters'], env);
      expect(ran).toMatchObject({ code: 0, stderr: '' });
      expect(ran.stdout).toContain('normalize: unknown-host');
      expect(ran.stdout).toContain('end task UPID:pve1:');
      expect(ran.stdout).toContain('root@pam!nightly-token: job errors');
      expect(ran.stdout).toContain('handle: invalid-payload');
      expect(ran.stdout).toContain('\\x1b[2J password=***');
      expect(ran.stdout).not.toMatch(/hunter2|abcdef|\u001B/);
      const poison = await runPmx(['history', 'dead-letters', '--service', 'state'], env);
      expect(poison.stdout.match(/^\S+ \S+ {2}state/gm)).toHaveLength(1);
      const since = await runPmx(
        ['history', 'dead-letters', '--reason', 'unknown-host', '--since', '5m', '--json'],
        env,
      );
      expect(JSON.parse(since.stdout).items).toHaveLength(2);
    });

    it('gives the history what today’s product understands, once, and wakes nobody for what is old', async () => {
      const kv = await bus.kv('STATE');
      await kv.put(stateKeys.inventory('atlas'), JSON.stringify(ATLAS));
      const dry = await runPmx(['replay', '--since', '1h', '--dry-run'], env);
      expect(dry.stderr).toBe('');
      expect(dry.stdout.match(/^event appears {2}backup\.job\.failed/gm)).toHaveLength(2);
      expect(dry.stdout.match(/^fact appears {2}backup\.job\.failed/gm)).toHaveLength(2);
      expect((await bus.request(requests.events, { limit: 5, order: 'oldest' })).items).toEqual([]);

      const done = await runPmx(['replay', '--since', '1h'], env);
      expect(done).toMatchObject({ code: 0, stderr: '' });
      expect(done.stdout).toContain('2 events added to the history');
      const [old, recent] = await events(2);
      expect(old).toMatchObject({ type: 'backup.job.failed', source: 'atlas', guest: { vmid: 104 } });
      expect(recent?.replayedAt).toBeDefined();
      // The input came with it.
      const shown = await runPmx(['history', '--raw', recent?.id ?? ''], env);
      expect(shown.stdout).toContain(':vzdump:105:root@pam!nightly-token: job errors');
      // Both are facts; of a failure three days ago nobody is told, of one an hour ago as of any other.
      const facts = await bus.request(requests.facts, { limit: 10 });
      expect(facts.items).toHaveLength(2);
      for (;;) {
        const { items } = await bus.request(requests.incidents, { limit: 10 });
        if (items.length === 0) continue;
        expect(items.map(({ guest }) => guest?.vmid)).toEqual([105]);
        break;
      }

      const again = await runPmx(['replay', '--since', '1h'], env);
      expect(again.stdout).toContain('0 events added to the history');
      const nothing = await runPmx(['replay', '--since', '1h', '--dry-run', '--json'], env);
      expect(JSON.parse(nothing.stdout).differences).toEqual([]);
      expect((await bus.request(requests.incidents, { limit: 10 })).items).toHaveLength(1);
    });

    it('is refused to a token that may only read', async () => {
      const answer = await fetch(`${env['GATEWAY_URL'] ?? ''}/api/v1/replay`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${TOKEN}`,
          'content-type': 'application/json',
          'x-mcp-readonly': '1',
        },
        body: '{"items":[]}',
      });
      expect(answer.status).toBe(403);
    });

    it('tells which incidents other rules would have made, and changes nothing', async () => {
      const at = (minutesAgo: number) => new Date(Date.now() - minutesAgo * 60_000).toISOString();
      const seen = async (word: 'offline' | 'online', minutesAgo: number) => {
        const time = at(minutesAgo);
        const raw: RawInput = {
          id: `raw-node-${word}`,
          channel: 'api',
          source: 'atlas',
          origin: '127.0.0.1',
          receivedAt: time,
          body: `{"node":"pve2","status":"${word}"}`,
          encoding: 'utf8',
          truncated: false,
        };
        const event: Event = {
          id: `node-${word}`,
          type: `node.state.${word}`,
          severity: word === 'offline' ? 'error' : 'info',
          product: 'pve',
          channel: 'api',
          source: 'atlas',
          cluster: 'atlas',
          node: 'pve2',
          occurredAt: time,
          receivedAt: time,
          title: `Node pve2 is ${word}`,
          facts: {},
          raw: raw.id,
        };
        await bus.publish(subjects.raw('api'), [raw], { id: raw.id });
        await bus.publish(subjects.event('api', event.type), event, { id: event.id });
      };
      await seen('offline', 50);
      await seen('online', 40);
      for (;;) {
        const { items } = await bus.request(requests.raw, { limit: 50, channels: ['api'] });
        if (items.length === 2 && items.every(({ events: became }) => became.length === 1)) break;
        await new Promise((resolve) => setImmediate(resolve));
      }
      const before = await bus.request(requests.incidents, { limit: 50 });
      const file = join(dataDir, 'other-rules.yaml');
      const other = 'rules: { node-offline: { enabled: false }, storage-usage: { warn: 95 } }\n';
      await writeFile(file, other);
      const ran = await runPmx(['replay', '--rules', file, '--dry-run'], env);
      expect(ran).toMatchObject({ code: 0, stderr: '' });
      expect(ran.stdout).toMatch(/^only now .* node\.state\.offline {2}Node pve2 is offline {2}resolved /m);
      expect(ran.stdout).toMatch(/^now: 3 opened, 0 of them told to nobody, 1 resolved \(/m);
      expect(ran.stdout).toMatch(/^then: 2 opened, 0 of them told to nobody, 0 resolved \(/m);
      expect(ran.stdout).toContain('not tried, for what polls saw is not kept: storage-usage');
      const json = JSON.parse((await runPmx(['replay', '--rules', file, '--json'], env)).stdout);
      expect(json).toMatchObject({ same: 2, now: { opened: 3 }, then: { opened: 2 } });
      expect(await bus.request(requests.incidents, { limit: 50 })).toEqual(before);

      await writeFile(file, other.replace('node-offline', 'node-ofline'));
      const refused = await runPmx(['replay', '--rules', file], env);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toContain('other-rules.yaml: rules');
      expect((await runPmx(['replay', '--rules', `${file}.not`], env)).code).toBe(2);
    });
  });
}

replays('embedded', async (dataDir) => {
  const bus = await openBus({ dataDir }, { name: 'test' });
  return { bus, close: () => bus.close() };
});

await describeWithNats('on NATS', (found) => {
  replays('nats', async (dataDir) => {
    const server = await startNatsServer(found);
    const bus = await openBus({ dataDir, natsUrl: [server.url] }, { name: 'test' });
    return {
      bus,
      async close() {
        await bus.close();
        await server.stop();
      },
    };
  });
});
