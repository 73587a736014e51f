import { createSocket } from 'node:dgram';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTestBus, type TestBus } from '@proxmox-mcp/bus/testing';
import { testContext } from '@proxmox-mcp/ingest-kit/testing';
import { SyslogConfig, ingestSyslog } from '@proxmox-mcp/ingest-syslog';
import { WebhookConfig, ingestWebhook } from '@proxmox-mcp/ingest-webhook';
import { GatewayConfig, mcpGateway } from '@proxmox-mcp/mcp-gateway';
import { Inventory, requests, type Event } from '@proxmox-mcp/schemas';
import type { Service } from '@proxmox-mcp/service-kit';
import { state } from '@proxmox-mcp/state';
import { runPmx } from './run-pmx.ts';

const TOKEN = 'test-token-of-the-gateway';
const SHARED = 'a-token-of-everybody';
const OWN = 'a-token-of-atlas-only';
const inventory = Inventory.parse({
  sources: [{ id: 'atlas', product: 'pve', cluster: 'atlas', nodes: [{ name: 'pve1' }] }],
});

let t: TestBus;
let dataDir: string;
let env: Record<string, string>;
const services: Service[] = [];

beforeAll(async () => {
  t = await openTestBus();
  dataDir = await mkdtemp(join(tmpdir(), 'proxmox-mcp-e2e-'));
  const more = { dataDir, inventory };
  const { promise: url, resolve } = Promise.withResolvers<string>();
  const config = GatewayConfig.parse({ GATEWAY_PORT: '0', GATEWAY_TOKEN: TOKEN, GATEWAY_TIER: 'operate' });
  const hooks = WebhookConfig.parse({
    WEBHOOK_PORT: '0',
    WEBHOOK_IN_TOKEN: SHARED,
    WEBHOOK_IN_TOKENS: `atlas:${OWN}`,
  });
  const lines = SyslogConfig.parse({ EVENT_SYSLOG_LISTEN_PORT: '0' });
  services.push(
    state.create(testContext(state.config.parse({}), t.bus, more)),
    mcpGateway({ announce: (line) => resolve(line.replace('Gateway: ', '')) }).create(
      testContext(config, t.bus, more),
    ),
    ingestWebhook.create(testContext(hooks, t.bus, more)),
    ingestSyslog.create(testContext(lines, t.bus, more)),
  );
  await Promise.all(services.map((service) => service.start(new AbortController().signal)));
  env = { GATEWAY_URL: await url, GATEWAY_TOKEN: TOKEN };
});
afterAll(async () => {
  await Promise.all(services.map((service) => service.stop()));
  await t.close();
  await rm(dataDir, { recursive: true, force: true });
});

const portOf = (index: number) => Number(services[index]?.details?.()['port']);

async function post(path: string, token: string, body: object): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${portOf(2)}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-gotify-key': token },
    body: JSON.stringify(body),
  });
  expect(answer.ok).toBe(true);
}

async function stored(count: number): Promise<Event[]> {
  for (;;) {
    const { items } = await t.bus.request(requests.events, { limit: 50, order: 'oldest' });
    const kept = await Promise.all(items.map(({ id }) => t.bus.request(requests.raw, { id, limit: 1 })));
    if (items.length >= count && kept.every(({ items: [one] }) => one !== undefined)) return items;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

it('reads again what was pushed, by the path, the token or the datagram it came with', async () => {
  const now = Math.floor(Date.now() / 1000);
  await post('/hooks/proxmox/atlas?token=sesame', SHARED, {
    title: 'Replication Job: 104-0 failed',
    message: `secret: ${SHARED}`,
    severity: 'error',
    timestamp: now,
    fields: { type: 'replication', hostname: 'pve1', 'job-id': '104-0' },
  });
  // Only its token says which host this is.
  await post('/gotify/message', OWN, {
    title: 'Test notification',
    message: 'This is a test of the notification target.',
  });
  const socket = createSocket('udp4');
  const send = (line: string | Buffer) =>
    new Promise((resolve) => socket.send(line, portOf(3), '127.0.0.1', resolve));
  // A line feed inside, and bytes that are no text: each is one message.
  await send('<27>Nov 28 12:00:00 pve1 corosync[1200]:   [KNET  ] link: host: 2 link: 0 is down\nand more');
  await send(
    Buffer.concat([
      Buffer.from('<27>Nov 28 12:00:01 pve1 sshd[77]: Failed password for invalid user '),
      Buffer.from([0xff, 0xfe]),
      Buffer.from(' from 192.0.2.7 port 4711 ssh2'),
    ]),
  );
  socket.close();
  const events = await stored(4);
  expect(new Set(events.map(({ channel }) => channel))).toEqual(new Set(['webhook', 'gotify', 'syslog']));
  expect(new Set(events.map(({ source }) => source))).toEqual(new Set(['atlas']));

  const list = await runPmx(['history', 'events', '--raw'], env);
  expect(list.code).toBe(0);
  expect(list.stdout).not.toMatch(/sesame|a-token-of/);
  expect(list.stdout).toContain('not UTF-8');
  expect(list.stdout).toContain('"job-id":"104-0"');

  const dry = await runPmx(['replay', '--since', '1h', '--dry-run', '--json'], env);
  expect(dry.stderr).toBe('');
  expect(JSON.parse(dry.stdout)).toEqual({ inputs: 4, same: 4, unread: {}, differences: [] });
});
