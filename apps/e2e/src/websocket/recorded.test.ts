import { readFileSync } from 'node:fs';
import { openTestBus } from '@proxmox-mcp/bus/testing';
import { countMetrics, testContext } from '@proxmox-mcp/ingest-kit/testing';
import { createIngestWebsocket, IngestWebsocketConfig } from '@proxmox-mcp/ingest-websocket';
import { createRunningClock } from '@proxmox-mcp/lab-kit';
import { jsonReply, makeCertificate, startFakeHost } from '@proxmox-mcp/proxmox-client/testing';
import {
  SourceState,
  filters,
  stateKeys,
  type DeadLetter,
  type Event,
  type Observation,
} from '@proxmox-mcp/schemas';
import { clockOf } from './watch-lab.ts';

type Recorded = Record<string, { readonly path: string; readonly answer: { readonly data: unknown } }>;
// Answers of a genuine two-node PVE 9.2 cluster, taken before and after an afternoon of work on it.
const recorded = JSON.parse(
  readFileSync(new URL('./recorded/two-node-cluster.json', import.meta.url), 'utf8'),
) as Recorded;
const answerOf = (name: string) => recorded[name]?.answer ?? { data: null };
const rowsOf = (name: string) => answerOf(name).data as Record<string, unknown>[];

const before: Record<string, unknown> = {
  '/version': answerOf('cluster-001-version'),
  '/access/permissions': answerOf('auth-028-permissions-monitor'),
  '/cluster/status': answerOf('cl2-001-cluster-status'),
  '/cluster/resources': answerOf('cl2-002-cluster-resources'),
  '/cluster/tasks': answerOf('cl2-004-cluster-tasks'),
  '/cluster/ha/status/current': answerOf('cl2-010-cluster-ha-status-current'),
  '/cluster/backup': answerOf('notify-046-backup-job-list'),
  '/nodes/pve2/tasks': answerOf('cl2-013-proxied-pve2-tasks'),
  '/storage': answerOf('cluster-047-storage'),
  '/nodes/pve1/time': answerOf('node-004-time'),
};
const others = rowsOf('cl2-002-cluster-resources').filter(
  (row) => row['type'] !== 'qemu' && row['type'] !== 'lxc',
);
const after: Record<string, unknown> = {
  ...before,
  '/cluster/resources': { data: [...others, ...rowsOf('cl2-043-resources-after')] },
  '/cluster/tasks': answerOf('cl2-044-cluster-tasks-after'),
};

const SPEED = 30;

async function replay() {
  const host = await startFakeHost(makeCertificate());
  let answers = before;
  host.answer(({ target }) => {
    const path = target.replace('/api2/json', '').split('?')[0] ?? '';
    return jsonReply(answers[path] ?? { data: [] });
  });
  const t = await openTestBus();
  const [events, observations, deadLetters]: [Event[], Observation[], DeadLetter[]] = [[], [], []];
  const from = 0;
  await t.bus.subscribe({ filters: [filters.allEvents], from }, ({ data }) => void events.push(data));
  await t.bus.subscribe(
    { filters: [filters.allObservations], from },
    ({ data }) => void observations.push(data),
  );
  await t.bus.subscribe(
    { filters: [filters.allDeadLetters], from },
    ({ data }) => void deadLetters.push(data),
  );
  const world = createRunningClock({ speed: SPEED });
  const clock = clockOf(world);
  const service = createIngestWebsocket(
    testContext(IngestWebsocketConfig.parse({}), t.bus, {
      hosts: [{ ...host.config({ name: 'recorded' }), kind: 'cluster' }],
      metrics: countMetrics().metrics,
      now: () => world.now(),
    }),
    { clock },
  );
  await service.start(new AbortController().signal);
  return {
    events,
    observations,
    deadLetters,
    clock,
    change: () => (answers = after),
    asked: (path: string) =>
      host.requests.filter(({ target }) => target.split('?')[0] === `/api2/json${path}`).length,
    async state() {
      const entry = await (await t.bus.kv('STATE')).get(stateKeys.source('recorded'));
      return SourceState.parse(JSON.parse(entry?.value ?? 'null'));
    },
    async close() {
      await service.stop();
      world.stop();
      await t.close();
      await host.close();
    },
  };
}

let r: Awaited<ReturnType<typeof replay>>;
afterEach(() => r.close());

it('answers of a genuine cluster, the same again and again, make no event and no trouble', async () => {
  r = await replay();
  while (r.asked('/cluster/tasks') < 20) await r.clock.sleep(500);
  expect(r.events).toEqual([]);
  expect(r.deadLetters).toEqual([]);
  expect(await r.state()).toMatchObject({
    status: 'ok',
    cluster: 'refcluster',
    version: '9.2.11',
    degraded: [],
  });
  expect(r.observations[0]).toMatchObject({ cluster: 'refcluster', full: true });
});

it('what changed on it becomes exactly the events of what was done', async () => {
  r = await replay();
  while (r.asked('/cluster/tasks') < 3 || r.asked('/cluster/resources') < 2) await r.clock.sleep(200);
  r.change();
  const [tasks, resources] = [r.asked('/cluster/tasks'), r.asked('/cluster/resources')];
  while (r.asked('/cluster/tasks') < tasks + 4 || r.asked('/cluster/resources') < resources + 3)
    await r.clock.sleep(200);
  const known = new Set(rowsOf('cl2-004-cluster-tasks').map((row) => row['upid']));
  const fresh = new Set(
    rowsOf('cl2-044-cluster-tasks-after')
      .map((row) => row['upid'])
      .filter((upid) => !known.has(upid)),
  );
  const told = r.events.filter((event) => event.upid !== undefined);
  expect(new Set(told.map((event) => event.upid))).toEqual(fresh);
  expect(told.filter((event) => event.type.endsWith('.unknown'))).toEqual([]);
  expect(new Set(r.events.map((event) => event.id)).size).toBe(r.events.length);
  expect(r.deadLetters).toEqual([]);
});
