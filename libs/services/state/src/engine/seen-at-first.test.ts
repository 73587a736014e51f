import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTestBus, type TestBus } from '@proxmox-mcp/bus/testing';
import {
  filters,
  requests,
  rowKey,
  stateKeys,
  subjects,
  type Incident,
  type Observation,
  type ObservedRow,
  type SourceState,
} from '@proxmox-mcp/schemas';
import type { Service } from '@proxmox-mcp/service-kit';
import { startState } from '../testing/start-state.ts';
import { epoch, iso } from '../testing/sample-events.ts';

let t: TestBus;
let dataDir: string;
let service: Service;
let second: number;

async function start(rules: unknown = {}): Promise<void> {
  service = await startState({
    bus: t.bus,
    dataDir,
    files: { 'rules.yaml': rules },
    now: () => epoch(second) * 1_000,
  });
}
beforeEach(async () => {
  second = 0;
  t = await openTestBus();
  dataDir = mkdtempSync(join(tmpdir(), 'proxmox-mcp-state-'));
});
afterEach(async () => {
  await service.stop();
  await t.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const observe = (rows: ObservedRow[], more: Partial<Observation> = {}) =>
  t.bus.publish(subjects.observation('atlas'), {
    source: 'atlas',
    product: 'pve',
    cluster: 'atlas',
    at: iso(second),
    full: true,
    covers: ['node', 'guest', 'storage'],
    part: 1,
    parts: 1,
    rows,
    removed: [],
    ...more,
  });
const node = (name: string, status: 'online' | 'offline'): ObservedRow => ({
  kind: 'node',
  node: name,
  status,
});
const nas: ObservedRow = {
  kind: 'storage',
  node: 'pve1',
  storage: 'nas',
  status: 'unknown',
  shared: true,
  content: ['backup'],
};

async function incidentWhen(when: (incident: Incident) => boolean): Promise<Incident> {
  const { promise, resolve } = Promise.withResolvers<Incident>();
  const tail = await t.bus.subscribe<Incident>({ filters: [filters.allIncidents], from: 0 }, ({ data }) => {
    if (when(data)) resolve(data);
  });
  const found = await promise;
  await tail.stop();
  return found;
}
const all = async () => (await t.bus.request(requests.incidents, { limit: 100 })).items;

it('a storage that is away at the first look is told once it has lasted, and over when it is taken out', async () => {
  await start();
  await observe([node('pve1', 'online'), nas]);
  second = 61;
  const { key } = await incidentWhen(({ status }) => status === 'open');
  expect(key).toBe('atlas|storage/nas|storage.state.unavailable');
  await observe([], { full: false, removed: [rowKey(nas)] });
  const over = await incidentWhen(({ status }) => status === 'resolved');
  expect(over).toMatchObject({ resolution: 'gone', key });
});

it('what is only seen is not told where its rule is off', async () => {
  await start({
    overrides: [{ match: { node: 'pve2' }, rules: { 'node-offline': { enabled: false } } }],
  });
  await observe([node('pve1', 'online'), node('pve2', 'offline'), node('pve3', 'offline')]);
  await incidentWhen(({ status }) => status === 'open');
  expect(await all()).toMatchObject([{ node: 'pve3', why: { rule: 'node-offline' } }]);
});

it('a source that stays down is an incident until it is heard again', async () => {
  await start();
  const kv = await t.bus.kv('STATE');
  const put = (change: Partial<SourceState>) => {
    const state = { name: 'atlas', service: 'ingest-websocket', product: 'pve', at: iso(second), ...change };
    return kv.put(stateKeys.source('atlas'), JSON.stringify({ status: 'ok', degraded: [], ...state }));
  };
  const away = { reason: 'unreachable', detail: 'connect ECONNREFUSED', since: iso(0) };
  await put({ status: 'down', degraded: [away] });
  second = 299;
  await put({ status: 'down', degraded: [away] });
  second = 301;
  const blind = await incidentWhen(({ status }) => status === 'open');
  expect(blind).toMatchObject({
    key: '|source/atlas|source.state.down',
    severity: 'critical',
    title: 'We are blind on atlas',
    openedAt: iso(0),
    why: { rule: 'collector-blind', forSeconds: 300 },
  });
  await put({ status: 'ok' });
  expect(await incidentWhen(({ status }) => status === 'resolved')).toMatchObject({ id: blind.id });
  expect(await all()).toHaveLength(1);
});
