import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDemoLab, type DemoLab } from '@proxmox-mcp/lab-kit';
import { openFront } from './front.ts';
import { allRows, callTool, GATEWAY_TOKEN, until, type Row } from './gateway.ts';
import { TROUBLES, type Spoiled, type Trouble } from './host-troubles.ts';
import { createApp, reservePorts, type AppProcess } from './product-process.ts';
import { runProgram, type Ended } from './run-cli.ts';

/** A hung call takes ten seconds; whoever is away is asked again every second. */
const NOTICED_MS = 60_000;

let demo: DemoLab;
let folder: string;
let app: AppProcess;
let env: Record<string, string>;
let gatewayUrl: string;
const hosts: Spoiled[] = [];

beforeAll(async () => {
  demo = await startDemoLab();
  folder = await mkdtemp(join(tmpdir(), 'proxmox-mcp-trouble-'));
  const [gateway = 0, webhook = 0, syslog = 0, admin = 0] = await reservePorts(4);
  gatewayUrl = `http://127.0.0.1:${gateway}`;
  env = { ...demo.env };
  for (const { name, port, product } of demo.lab.addresses()) {
    if (name !== 'edge' && product !== 'pbs') continue;
    const front = await openFront(port);
    const prefix = name.toUpperCase();
    env[`${prefix}_HOST`] = `127.0.0.1:${front.port}`;
    env[`${prefix}_FINGERPRINT`] = front.fingerprint;
    const access = product === 'pbs' ? demo.lab.pbs.access : demo.lab.pve(name).access;
    hosts.push({ name: name as Spoiled['name'], front, access });
  }
  env = {
    ...env,
    GATEWAY_PORT: String(gateway),
    GATEWAY_TOKEN,
    WEBHOOK_PORT: String(webhook),
    EVENT_SYSLOG_LISTEN_PORT: String(syslog),
    EVENT_WS_RECONNECT_INTERVAL: '1',
    WEBSOCKET_RESOURCES_SECONDS: '5',
    WEBSOCKET_DATASTORES_SECONDS: '10',
  };
  app = createApp({ app: 'all-in-one', folder, adminPort: admin, env });
  app.start();
  await app.ready();
  await until('all sources', async () => ((await sources()).ok === 5 ? true : undefined), NOTICED_MS);
}, 60_000);
afterAll(async () => {
  await app?.stop();
  await Promise.all(hosts.map(({ front }) => front.close()));
  await demo?.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

async function overview(): Promise<{ data: Row; degraded: Row[] }> {
  const answer = await callTool(gatewayUrl, 'fleet_overview');
  return { data: answer['data'] as Row, degraded: (answer['degraded'] ?? []) as Row[] };
}
const sources = async () =>
  (await overview()).data['sources'] as { ok: number; down: number; degraded: number };
async function readyz(): Promise<{ status: number; source: (name: string) => unknown }> {
  const answer = await fetch(`${app.adminUrl}/readyz`);
  const body = (await answer.json()) as {
    services: Record<string, { details?: { sources?: Record<string, unknown> } }>;
  };
  return {
    status: answer.status,
    source: (name) => body.services['ingest-websocket']?.details?.sources?.[name],
  };
}

/** In the fleet overview and in the details of a product that stays ready. */
async function isNamed(name: string, trouble: Trouble): Promise<void> {
  const row = await until(
    `${trouble.reason} of ${name}`,
    async () =>
      (await overview()).degraded.find(
        (one) =>
          one['where'] === name && one['reason'] === trouble.reason && trouble.fix.test(String(one['fix'])),
      ),
    NOTICED_MS,
  );
  expect(row['detail']).toEqual(expect.stringMatching(/\w/));
  // A connection that breaks on the way is another trouble for a moment.
  await until(
    `${trouble.reason} of ${name} in /readyz`,
    async () => {
      const ready = await readyz();
      const source = ready.source(name) as { status?: string; degraded?: string[] } | undefined;
      const isTold = source?.degraded?.some((line) => line.startsWith(`${trouble.reason}: `)) === true;
      return (ready.status === 200 && source?.status === trouble.status && isTold) || undefined;
    },
    NOTICED_MS,
  );
}

const testConnection = (): Promise<Ended> =>
  runProgram('apps/cli/src/main.ts', ['test-connection'], {
    cwd: folder,
    env: { ...env, DATA_DIR: app.dataDir, ADMIN_PORT: new URL(app.adminUrl).port },
  });

/** A task of the cluster, from its start in the lab to its end in the history. */
async function othersGoOn(): Promise<void> {
  const name = `s${Date.now()}`;
  const steps = [{ atMs: 0, action: 'snapshot', args: { vmid: 101, name } }];
  demo.lab.play({ name, title: name, steps, lastsMs: 0, expected: { facts: [], incidents: [] } });
  await until(
    'the snapshot',
    async () => {
      const { tasks } = demo.lab.pve('pve1');
      const upid = tasks.ofNode('pve1').findLast(({ type }) => type === 'qmsnapshot')?.upid;
      const { items } = await callTool(gatewayUrl, 'tasks_query', { state: 'ok' });
      return (items as Row[]).some((row) => row['upid'] === upid) || undefined;
    },
    NOTICED_MS,
  );
}

it('a healthy lab passes test-connection', async () => {
  const { code, stdout } = await testConnection();
  expect(stdout).toContain('🎉 All nodes and IO modules are reachable and ready!');
  expect(code).toBe(0);
}, 60_000);

describe('a host that', () => {
  it.each(TROUBLES)(
    '$what is named with reason and fix, harms nobody else, and comes back by itself',
    async (trouble) => {
      try {
        for (const host of hosts) await trouble.begin(host);
        await Promise.all(hosts.map(({ name }) => isNamed(name, trouble)));
        const [tested] = await Promise.all([testConnection(), othersGoOn()]);
        const failed = tested.stdout.split('\n').filter((line) => line.startsWith('❌'));
        for (const { name } of hosts) {
          expect(failed.filter((line) => line.includes(` ${name}`)).join('\n')).toMatch(trouble.fix);
        }
        expect(failed.filter((line) => hosts.every(({ name }) => !line.includes(` ${name}`)))).toEqual([]);
        expect(tested.code).toBe(1);
      } finally {
        for (const host of hosts) await trouble.end(host);
      }
      await until(
        'the end of the degradation',
        async () => {
          const { degraded } = await overview();
          const isWell = !degraded.some(({ where }) => hosts.some(({ name }) => name === where));
          return (isWell && (await sources()).ok === 5) || undefined;
        },
        NOTICED_MS,
      );
    },
    120_000,
  );
});

it('after all of that no event and no incident was invented', async () => {
  const events = await allRows(gatewayUrl, 'events_query');
  expect(events.filter(({ node }) => node === 'edge' || node === 'pbs1')).toEqual([]);
  expect(events.filter(({ source }) => source === 'edge' || source === 'pbs1')).toEqual([]);
  expect((await callTool(gatewayUrl, 'incidents_query'))['items']).toEqual([]);
}, 30_000);
