import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { BusUnavailable, type Bus } from '@proxmox-mcp/bus';
import { beforePublishing, openTestBus, type TestBus } from '@proxmox-mcp/bus/testing';
import { countMetrics, testContext } from '@proxmox-mcp/ingest-kit/testing';
import { loadTestInventory } from '@proxmox-mcp/proxmox-events/testing';
import {
  Inventory,
  InventorySource,
  filters,
  stateKeys,
  type DeadLetter,
  type Event,
} from '@proxmox-mcp/schemas';
import type { Service, ServiceContext } from '@proxmox-mcp/service-kit';
import { SyslogConfig } from './config.ts';
import { ingestSyslog } from './ingest-syslog.ts';

const inventory = loadTestInventory(fileURLToPath(new URL('../testcases', import.meta.url)));
const START =
  '<30>Mar 14 02:00:04 pve1 pvescheduler[237921]: <root@pam> starting task UPID:pve1:0003A1F2:0A5C11D3:69B4B314:vzdump::root@pam:';
const END =
  '<27>Mar 14 02:07:31 pve1 pvescheduler[237921]: <root@pam> end task UPID:pve1:0003A1F2:0A5C11D3:69B4B314:vzdump::root@pam: job errors';
const QUORUM = '<29>2026-03-14T14:29:10.551020+01:00 pve2 pmxcfs[1044]: [status] notice: node lost quorum';

let t: TestBus;
let service: Service | undefined;
let events: Event[];
let letters: DeadLetter[];
let counts: ReadonlyMap<string, number>;

beforeEach(async () => {
  t = await openTestBus();
  events = [];
  letters = [];
  await t.bus.subscribe({ filters: [filters.allEvents], from: 'new' }, ({ data }) => events.push(data));
  await t.bus.subscribe({ filters: [filters.allDeadLetters], from: 'new' }, ({ data }) => letters.push(data));
});
afterEach(async () => {
  await service?.stop();
  service = undefined;
  await t.close();
});

async function start(
  bus: Bus = t.bus,
  env: Readonly<Record<string, string>> = {},
  more: Partial<Pick<ServiceContext<SyslogConfig>, 'hosts' | 'inventory'>> = {},
): Promise<number> {
  const counted = countMetrics();
  counts = counted.counts;
  const config = SyslogConfig.parse({ EVENT_SYSLOG_LISTEN_PORT: '0', ...env });
  service = ingestSyslog.create(testContext(config, bus, { inventory, metrics: counted.metrics, ...more }));
  await service.start(new AbortController().signal);
  return Number(service.details?.()['port']);
}

/** The real bus with another way to publish. */

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(JSON.stringify({ events, letters, counts: [...counts] }));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

async function sendUdp(port: number, ...datagrams: string[]): Promise<void> {
  const socket = createSocket('udp4');
  for (const datagram of datagrams) {
    await new Promise<void>((resolve, reject) =>
      socket.send(datagram, port, '127.0.0.1', (err) => (err ? reject(err) : resolve())),
    );
  }
  socket.close();
}

async function openTcp(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return socket;
}

it('stores what a datagram says, and says how it is doing', async () => {
  const port = await start();
  await sendUdp(port, QUORUM);
  await until(() => events.length === 1);
  expect(events[0]).toMatchObject({
    type: 'cluster.quorum.lost',
    channel: 'syslog',
    source: 'atlas',
    cluster: 'atlas',
    node: 'pve2',
    at: 1773494950,
    occurredAt: '2026-03-14T13:29:10.000Z',
  });
  expect(service?.isReady?.()).toBe(true);
  const state = await (await t.bus.kv('STATE')).get(stateKeys.source('ingest-syslog'));
  expect(JSON.parse(state?.value ?? '')).toMatchObject({ service: 'ingest-syslog', status: 'ok' });
});

it('keeps the first lines until the API has told whose they are', async () => {
  const auth = { kind: 'token', user: 'mcp@pve', tokenName: 'monitor', secret: 'x' } as const;
  const host = {
    name: 'late',
    product: 'pve',
    kind: 'standalone',
    endpoints: [],
    auth,
    tls: { kind: 'verify' },
  } as const;
  const port = await start(t.bus, {}, { hosts: [host], inventory: Inventory.parse({}) });
  await sendUdp(port, QUORUM);
  await until(() => counts.get('syslog_received_total{transport=udp}') === 1);
  const told = InventorySource.parse({ id: 'late', product: 'pve', nodes: [{ name: 'pve2' }] });
  await (await t.bus.kv('STATE')).put(stateKeys.inventory('late'), JSON.stringify(told));
  await until(() => events.length === 1);
  expect(events[0]).toMatchObject({ type: 'cluster.quorum.lost', source: 'late', node: 'pve2' });
  expect(letters).toEqual([]);
});

it('stores a datagram that arrives twice once', async () => {
  const port = await start();
  await sendUdp(port, QUORUM, QUORUM, START);
  await until(() => events.length === 2);
  expect(events.map(({ type }) => type)).toEqual(['cluster.quorum.lost', 'backup.job.started']);
  expect(counts.get('ingest_duplicates_total{channel=syslog}')).toBe(1);
});

const FAILED =
  '<38>Mar 14 23:11:00 pve1 sshd[77121]: Failed password for root from 203.0.113.9 port 52144 ssh2';

it('counts equal lines of one second, and what is sent again on a new connection once', async () => {
  const port = await start();
  await sendUdp(port, FAILED, FAILED, FAILED);
  await until(() => events.length === 3);
  expect(new Set(events.map(({ id }) => id)).size).toBe(3);
  for (const round of [1, 2]) {
    const socket = await openTcp(port);
    socket.end(`${FAILED}\n${FAILED}\n${FAILED}\n${FAILED}\n`);
    await until(() => counts.get('syslog_received_total{transport=tcp}') === 4 * round);
  }
  // Three came over UDP already: the fourth is the only one that is new.
  await until(() => counts.get('ingest_duplicates_total{channel=syslog}') === 7);
  expect(events).toHaveLength(4);
});

it('tells of datagrams that the kernel dropped, and counts them', async () => {
  const port = await start(t.bus, { EVENT_SYSLOG_RECEIVE_BUFFER_BYTES: '4096' });
  const socket = createSocket('udp4');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  // Sent without giving the receiver, which is in this process, a turn.
  for (let sent = 0; sent < 500; sent++) socket.send(QUORUM);
  await until(() => (counts.get('syslog_dropped_total{reason=kernel}') ?? 0) > 0);
  socket.close();
  const state = async () => (await (await t.bus.kv('STATE')).get(stateKeys.source('ingest-syslog')))?.value;
  expect(JSON.parse((await state()) ?? '')).toMatchObject({
    status: 'degraded',
    degraded: [{ reason: 'kernel-drops', fix: expect.stringContaining('net.core.rmem_max') }],
  });
  expect(
    (counts.get('syslog_dropped_total{reason=kernel}') ?? 0) +
      (counts.get('syslog_received_total{transport=udp}') ?? 0),
  ).toBe(500);
});

it.each([
  ['line feeds', `${START}\n${END}\n`],
  ['counted frames', `${START.length} ${START}${END.length} ${END}`],
  ['NUL, and no end', `${START}\0${END}`],
])('reads a stream of %s that arrives byte by byte', async (_, stream) => {
  const port = await start();
  const socket = await openTcp(port);
  for (const byte of Buffer.from(stream)) socket.write(Buffer.from([byte]));
  socket.end();
  await until(() => events.length === 2);
  expect(events.map(({ type }) => type)).toEqual(['backup.job.started', 'backup.job.failed']);
});

it('closes a connection that claims an absurd frame, and keeps the others', async () => {
  const port = await start();
  const good = await openTcp(port);
  const bad = await openTcp(port);
  bad.resume();
  bad.write('99999999999999999999 <30>Mar 14 18:00:00 pve1 x: y');
  await once(bad, 'close');
  good.end(`${QUORUM}\n`);
  await until(() => events.length === 1);
  expect(counts.get('syslog_stream_faults_total{reason=frame-too-large}')).toBe(1);
});

it('refuses strangers and forgeries, keeps them as dead letters, and not endlessly many', async () => {
  const port = await start();
  const forged =
    '<30>Mar 14 18:00:00 pve1 myapp[9]: <root@pam> starting task UPID:pve1:0003A1F2:0A5C11D3:69B4B314:vzdump::root@pam:';
  await sendUdp(port, '<30>Mar 14 18:00:00 stranger kernel: password=hunter2', forged);
  await until(() => letters.length === 2);
  expect(letters.map(({ reason }) => reason).sort()).toEqual(['unknown-host', 'untrusted-tag']);
  expect(JSON.stringify(letters)).not.toContain('hunter2');
  const socket = await openTcp(port);
  socket.end('<30>Mar 14 18:00:00 stranger x: y\n'.repeat(500));
  await until(() => (counts.get('syslog_unkept_total{reason=unknown-host}') ?? 0) > 400);
  expect(events).toEqual([]);
});

it('joins the two lines of a kill for memory into one event, and tells of it at the latest when it stops', async () => {
  const port = await start();
  const first = (pid: number) =>
    `<6>Mar 14 16:00:01 pve3 kernel: [1.0] oom-kill:constraint=CONSTRAINT_NONE,global_oom,task_memcg=/qemu.slice/104.scope,task=kvm,pid=${pid},uid=0`;
  const second =
    '<3>Mar 14 16:00:01 pve3 kernel: [1.1] Out of memory: Killed process 7 (kvm) total-vm:1kB, anon-rss:20kB, file-rss:1kB';
  await sendUdp(port, first(7), first(8), second);
  await until(() => events.length === 1);
  expect(events[0]).toMatchObject({ type: 'guest.oom.killed', facts: { pid: 7, anon_rss_kb: 20 } });
  await service?.stop();
  await until(() => events.length === 2);
  expect(events[1]).toMatchObject({ type: 'guest.oom.killed', facts: { pid: 8 } });
});

it('loses nothing it heard while the bus is away, and keeps the order', async () => {
  let away = true;
  const bus = beforePublishing(t.bus, () => {
    if (away) throw new BusUnavailable('away');
  });
  const port = await start(bus);
  const socket = await openTcp(port);
  socket.end(`${START}\n${END}\n`);
  await until(() => counts.get('syslog_received_total{transport=tcp}') === 2);
  away = false;
  await until(() => events.length === 2);
  expect(events.map(({ type }) => type)).toEqual(['backup.job.started', 'backup.job.failed']);
});

it('wants a certificate and its key together', () => {
  const faults = (env: object) =>
    SyslogConfig.safeParse(env).error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
  expect(faults({ EVENT_SYSLOG_TLS_CERT_FILE: 'c.pem' })).toEqual([
    'EVENT_SYSLOG_TLS_KEY_FILE missing, but EVENT_SYSLOG_TLS_CERT_FILE is set',
  ]);
  expect(faults({ EVENT_SYSLOG_TLS_CA_FILE: 'ca.pem' })).toEqual([
    'EVENT_SYSLOG_TLS_CERT_FILE missing, but EVENT_SYSLOG_TLS_CA_FILE is set',
  ]);
});

it('stops without start, and twice', async () => {
  const config = SyslogConfig.parse({});
  const idle = ingestSyslog.create(testContext(config, t.bus));
  await idle.stop();
  await idle.stop();
  expect(idle.isReady?.()).toBe(false);
});
