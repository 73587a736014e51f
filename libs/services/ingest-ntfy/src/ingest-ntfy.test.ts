import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { BusUnavailable, type Bus } from '@proxmox-mcp/bus';
import { beforePublishing } from '@proxmox-mcp/bus/testing';
import {
  countMetrics,
  describeWithNtfy,
  openHeardBus,
  startNtfyServer,
  testContext,
  type TestNtfyServer,
} from '@proxmox-mcp/ingest-kit/testing';
import { Inventory } from '@proxmox-mcp/schemas';
import type { Service } from '@proxmox-mcp/service-kit';
import { checkNtfy } from './check-ntfy.ts';
import { NtfyConfig } from './config.ts';
import { createIngestNtfy } from './ingest-ntfy.ts';

const TOPICS = ['hosts', 'backups'];
const INVENTORY = Inventory.parse({
  sources: [
    { id: 'atlas', product: 'pve', cluster: 'atlas', nodes: [{ name: 'pve1' }, { name: 'pve2' }] },
    { id: 'pbs1', product: 'pbs', nodes: [{ name: 'pbs1' }] },
  ],
  ntfy: { topics: { hosts: 'atlas' } },
});

/** The service on a real bus. */
async function openService(ntfy: TestNtfyServer) {
  const heard = await openHeardBus();
  const { metrics, counts } = countMetrics();
  const services = new Set<Service>();
  const state = () => heard.state('ingest-ntfy');
  return {
    ...heard,
    counts,
    targets: () => heard.events.map((event) => event.facts['target']),
    async start(settings: Record<string, string | undefined> = {}, bus: Bus = heard.bus) {
      const config = NtfyConfig.parse({
        NTFY_IN_SERVER_URL: ntfy.url,
        NTFY_IN_TOPICS: TOPICS.join(', '),
        ...(ntfy.token === '' ? {} : { NTFY_IN_TOKEN: ntfy.token }),
        ...settings,
      });
      const context = testContext(config, bus, { inventory: INVENTORY, metrics });
      const service = createIngestNtfy(context, { random: () => 0 });
      services.add(service);
      await service.start(new AbortController().signal);
      return service;
    },
    state,
    isReading: () => heard.until(async () => (await state())?.status === 'ok'),
    async close() {
      for (const service of services) await service.stop();
      await heard.close();
    },
  };
}

function publish(ntfy: TestNtfyServer, topic: string, body: string, headers: Record<string, string> = {}) {
  const auth: Record<string, string> = ntfy.token === '' ? {} : { authorization: `Bearer ${ntfy.token}` };
  return fetch(`${ntfy.url}/${topic}`, { method: 'POST', body, headers: { ...auth, ...headers } });
}

/** What a target of Proxmox publishes when it is tested. */
const test = (ntfy: TestNtfyServer, target: string, headers: Record<string, string> = {}) =>
  publish(ntfy, 'hosts', `\`\`\`\nThis is a test of the notification target '${target}'.\n\`\`\``, {
    Title: 'Test notification',
    ...headers,
  });
const names = (count: number) => Array.from({ length: count }, (_, i) => `m${i + 1}`);

await describeWithNtfy('ntfy topics', (program) => {
  let ntfy: TestNtfyServer;
  let s: Awaited<ReturnType<typeof openService>>;
  beforeEach(async () => {
    ntfy = await startNtfyServer(program);
    s = await openService(ntfy);
  });
  afterEach(async () => {
    await s.close();
    await ntfy.stop();
  });

  it('begins with what comes from now on, and tells it as it comes', async () => {
    await test(ntfy, 'before');
    await s.start();
    await s.isReading();
    await test(ntfy, 'live', { Priority: 'low' });
    await s.until(() => s.events.length === 1);
    expect(s.events).toMatchObject([
      {
        type: 'notification.test.received',
        channel: 'ntfy',
        source: 'atlas',
        facts: { target: 'live', ntfy_priority: 2, ntfy_id: expect.stringMatching(/^[A-Za-z0-9]{12}$/) },
      },
    ]);
    const ageSeconds = Date.now() / 1000 - (s.events[0]?.at ?? 0);
    expect(ageSeconds).toBeLessThan(60);
  });

  it('loses nothing and tells nothing twice over restarts of the server and of its own', async () => {
    const first = await s.start();
    await s.isReading();
    await test(ntfy, 'a');
    await s.until(() => s.events.length === 1);
    // The server is killed while we read, and what is published before we are back is replayed.
    await ntfy.kill();
    await s.until(async () => (await s.state())?.status === 'down');
    await ntfy.restart();
    await test(ntfy, 'b');
    await s.until(() => s.events.length === 2);
    await first.stop();
    for (const name of names(100)) await test(ntfy, name);
    await publish(ntfy, 'backups', 'Job ID: v-1\nDatastore: tank\n\nVerification successful.', {
      Title: "Verify Datastore 'tank' successful",
    });
    await s.start();
    await s.until(() => s.events.length === 103);
    await test(ntfy, 'last');
    await s.until(() => s.events.length === 104);
    expect(s.targets()).toEqual(['a', 'b', ...names(100), undefined, 'last']);
    expect(s.events[102]).toMatchObject({ type: 'backup.verify.succeeded', source: 'pbs1', storage: 'tank' });
    expect(s.counts.get('ingest_duplicates_total{channel=ntfy}')).toBeUndefined();
  });

  it('loses nothing while the way to the server is cut, and tells nothing twice', async () => {
    const way = await openWay(ntfy.url);
    try {
      await s.start({ NTFY_IN_SERVER_URL: way.url });
      await s.isReading();
      await test(ntfy, 'a');
      await s.until(() => s.events.length === 1);
      way.cut();
      await test(ntfy, 'meanwhile');
      await s.until(() => s.events.length === 2);
      await test(ntfy, 'b');
      await s.until(() => s.events.length === 3);
      expect(s.targets()).toEqual(['a', 'meanwhile', 'b']);
      expect(s.counts.get('ingest_duplicates_total{channel=ntfy}')).toBeUndefined();
    } finally {
      way.close();
    }
  });

  it('is not misled by a message that the server did not keep, after which it replays all that it has', async () => {
    await test(ntfy, 'before us');
    const first = await s.start();
    await s.isReading();
    await test(ntfy, 'a');
    await test(ntfy, 'not kept', { Cache: 'no' });
    await s.until(() => s.events.length === 2);
    await first.stop();
    await test(ntfy, 'b');
    await s.start();
    await s.until(() => s.targets().includes('b'));
    // Times have whole seconds: of what is replayed, only a message of the second we began in could be taken for ours.
    expect(s.targets().filter((target) => target !== 'before us')).toEqual(['a', 'not kept', 'b']);
    expect(s.counts.get('ingest_duplicates_total{channel=ntfy}')).toBeUndefined();
  });

  it('reads a text that was too long for a message from the file the server made of it', async () => {
    await s.start();
    await s.isReading();
    const log = '101: 2026-03-14 02:00:04 INFO: status = running\n'.repeat(200);
    const table =
      'Details\n=======\nVMID    Name     Status    Time      Size        Filename\n101     web01    err       3m        0 B         null\n\nTotal running time: 3m\nTotal size: 0 B\n\nLogs\n====\n';
    await publish(ntfy, 'hosts', `${table}\n${log}`, { Title: 'vzdump backup status (pve1): backup failed' });
    await s.until(() => s.events.length === 1);
    expect(s.events).toMatchObject([
      { type: 'backup.job.failed', node: 'pve1', facts: { guests: [{ vmid: 101, status: 'err' }] } },
    ]);
    expect(s.events[0]?.facts).not.toHaveProperty('truncated');
  });

  it('moves on only after the bus has stored the event', async () => {
    let isAway = true;
    let refused = 0;
    const bus = beforePublishing(s.bus, () => {
      if (!isAway) return;
      refused++;
      throw new BusUnavailable('away');
    });
    const first = await s.start({}, bus);
    await s.isReading();
    await test(ntfy, 'a');
    await s.until(() => refused > 0);
    // Stopped in the middle of it: the cursor has not moved.
    await first.stop();
    isAway = false;
    await s.start();
    await s.until(() => s.events.length === 1);
    expect(s.targets()).toEqual(['a']);
  });

  it('keeps what it refuses, without the topic’s name', async () => {
    await s.start({ NTFY_IN_TOPICS: 'hosts,backups' });
    await s.isReading();
    await publish(ntfy, 'backups', 'trust me', { Title: 'vzdump backup status (pve1): backup successful' });
    await s.until(() => s.letters.length === 1);
    expect(s.letters).toMatchObject([{ service: 'ingest-ntfy', reason: 'unrecognised-body' }]);
    expect(JSON.stringify(s.letters)).not.toContain('"backups"');
    expect(s.letters[0]?.body).toContain('trust me');
    expect(s.letters[0]?.body).not.toContain('backups');
  });
});

await describeWithNtfy('ntfy topics that want a token', (program) => {
  let ntfy: TestNtfyServer;
  beforeAll(async () => {
    ntfy = await startNtfyServer(program, { onlyWithToken: TOPICS });
  });
  afterAll(() => ntfy.stop());

  const check = (settings: Record<string, string>) => {
    const config = { NTFY_IN_SERVER_URL: ntfy.url, NTFY_IN_TOPICS: TOPICS.join(), ...settings };
    return checkNtfy(NtfyConfig.parse(config), AbortSignal.timeout(20_000));
  };

  it('are read with it', async () => {
    const s = await openService(ntfy);
    try {
      await s.start();
      await s.isReading();
      await test(ntfy, 'a');
      await s.until(() => s.events.length === 1);
    } finally {
      await s.close();
    }
    expect(await check({ NTFY_IN_TOKEN: ntfy.token })).toMatchObject([{ status: 'passed' }]);
  });

  it.each([
    ['no token', { NTFY_IN_TOKEN: undefined }, 'HTTP 403', 'ntfy access'],
    ['another token', { NTFY_IN_TOKEN: 'tk_aaaaaaaaaaaaaaaaaaaaaaaaaaaaa' }, 'HTTP 401', 'ntfy token add'],
    ['a foreign topic', { NTFY_IN_TOPICS: 'hosts,foreign' }, 'HTTP 403', 'ntfy access'],
  ])('say what to do with %s, and show neither token nor topic', async (_what, settings, detail, fix) => {
    const s = await openService(ntfy);
    try {
      await s.start(settings);
      await s.until(async () => (await s.state())?.status === 'down');
      const state = await s.state();
      expect(state?.degraded).toMatchObject([
        { reason: 'auth', detail: expect.stringContaining(detail), fix: expect.stringContaining(fix) },
      ]);
      expect(JSON.stringify(state)).not.toMatch(/tk_|hosts|backups|foreign/);
    } finally {
      await s.close();
    }
  });
});

/** A way to the server that can be cut. */
async function openWay(to: string) {
  const { hostname, port } = new URL(to);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => other.destroy());
      socket.pipe(other);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    // A TCP server's address is never a pipe name.
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    close() {
      cut();
      server.close();
    },
  };
}
