import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTestBus, type TestBus } from '@proxmox-mcp/bus/testing';
import {
  filters,
  requests,
  stateKeys,
  subjects,
  type Event,
  type Incident,
  type Observation,
  type ObservedRow,
} from '@proxmox-mcp/schemas';
import type { Service } from '@proxmox-mcp/service-kit';
import { StateConfig } from './config.ts';
import { startState } from './testing/start-state.ts';
import { iso, nightlyBackup, sampleEvent } from './testing/sample-events.ts';

describe('the state service on a bus', () => {
  let t: TestBus;
  let dataDir: string;
  let service: Service;
  beforeEach(async () => {
    t = await openTestBus();
    dataDir = mkdtempSync(join(tmpdir(), 'proxmox-mcp-state-'));
    service = await startState({ bus: t.bus, dataDir });
  });
  afterEach(async () => {
    await service.stop();
    await t.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const publish = (event: Event) =>
    t.bus.publish(subjects.event(event.channel, event.type), event, { id: event.id });
  const observe = (second: number, rows: ObservedRow[], more: Partial<Observation> = {}) =>
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
  const node = (name: string, status: 'online' | 'offline' = 'online'): ObservedRow => ({
    kind: 'node',
    node: name,
    status,
  });
  const guest = (vmid: number, more: object = {}): ObservedRow => ({
    kind: 'guest',
    guestKind: 'qemu',
    vmid,
    node: 'pve1',
    status: 'running',
    template: false,
    ...more,
  });
  /** Waits for an incident to satisfy `when`; the bus wakes us. */
  async function incidentWhen(when: (incident: Incident) => boolean): Promise<Incident> {
    const { promise, resolve } = Promise.withResolvers<Incident>();
    const tail = await t.bus.subscribe<Incident>({ filters: [filters.allIncidents], from: 0 }, ({ data }) => {
      if (when(data)) resolve(data);
    });
    const found = await promise;
    await tail.stop();
    return found;
  }
  async function valueWhen(key: string, when: (value: Record<string, unknown> | undefined) => boolean) {
    const kv = await t.bus.kv('STATE');
    const { promise, resolve } = Promise.withResolvers<Record<string, unknown> | undefined>();
    const watch = await kv.watch(undefined, (change) => {
      const value =
        change.value === undefined ? undefined : (JSON.parse(change.value) as Record<string, unknown>);
      if (change.key === key && when(value)) resolve(value);
    });
    const found = await promise;
    await watch.stop();
    return found;
  }

  it('makes one incident of a failed backup and puts it into the key-value', async () => {
    for (const event of nightlyBackup()) await publish(event);
    const incident = await incidentWhen((seen) => seen.cause?.includes('nas-backup') === true);
    const stored = await (await t.bus.kv('INCIDENTS')).get(incident.id);
    expect(JSON.parse(stored?.value ?? '{}')).toMatchObject({
      id: incident.id,
      status: 'open',
      occurrences: 1,
    });
    const { items } = await t.bus.request(requests.facts, { limit: 10, tasks: true });
    expect(items.map((fact) => fact.type)).toEqual(['backup.job.failed']);
  });

  it('answers commands, refuses what makes no sense, and forgives a repeated one', async () => {
    for (const event of nightlyBackup()) await publish(event);
    const { id } = await incidentWhen(() => true);
    const command = { id, by: 'ada' } as const;
    expect(await t.bus.request(requests.incidentCommand, { ...command, op: 'acknowledge' })).toMatchObject({
      ok: true,
      incident: { status: 'acknowledged' },
    });
    expect(await t.bus.request(requests.incidentCommand, { ...command, op: 'acknowledge' })).toMatchObject({
      ok: true,
    });
    expect(
      await t.bus.request(requests.incidentCommand, { ...command, op: 'snooze', until: iso(0) }),
    ).toMatchObject({ ok: false, code: 'invalid' });
    expect(await t.bus.request(requests.incidentCommand, { ...command, op: 'resolve' })).toMatchObject({
      ok: true,
      incident: { status: 'resolved', resolution: 'manual' },
    });
    expect(await t.bus.request(requests.incidentCommand, { ...command, op: 'acknowledge' })).toMatchObject({
      ok: false,
      code: 'invalid',
    });
    expect(await t.bus.request(requests.incidentCommand, { ...command, op: 'reopen' })).toMatchObject({
      ok: true,
      incident: { status: 'open' },
    });
    expect(
      await t.bus.request(requests.incidentCommand, { ...command, id: 'nobody', op: 'resolve' }),
    ).toMatchObject({ ok: false, code: 'not_found' });
  });

  it('keeps the live picture: since stays with the status, metrics alone are not written every time', async () => {
    const key = stateKeys.guest('atlas', 104);
    await observe(0, [node('pve1'), guest(104, { cpu: 0.1 })]);
    await observe(10, [node('pve1'), guest(104, { cpu: 0.9 })]);
    await observe(20, [node('pve1'), guest(104, { cpu: 0.5, status: 'stopped' })]);
    expect(await valueWhen(key, (value) => value?.['status'] === 'stopped')).toMatchObject({
      since: iso(20),
      cpu: 0.5,
    });
    await publish(
      sampleEvent({
        type: 'guest.state.running',
        node: 'pve1',
        guest: { kind: 'qemu', vmid: 104 },
        second: 25,
      }),
    );
    expect(await valueWhen(key, (value) => value?.['status'] === 'running')).toMatchObject({
      since: iso(25),
    });
    await publish(
      sampleEvent({
        type: 'guest.state.stopped',
        node: 'pve1',
        guest: { kind: 'qemu', vmid: 104 },
        second: 5,
      }),
    );
    await observe(30, [node('pve1'), guest(104, { cpu: 0.7 }), guest(105)]);
    await valueWhen(stateKeys.guest('atlas', 105), (value) => value !== undefined);
    const kv = await t.bus.kv('STATE');
    // Nothing but the metrics of 104 changed since the event: the last write is the event's.
    expect(JSON.parse((await kv.get(key))?.value ?? '{}')).toMatchObject({
      status: 'running',
      since: iso(25),
      cpu: 0.5,
    });
  });

  it('drops what is gone, but keeps everything when a list is suddenly empty, and says so', async () => {
    const all = [node('pve1'), guest(101), guest(102), guest(103)];
    await observe(0, all);
    await observe(10, all.slice(0, 3));
    await valueWhen(stateKeys.guest('atlas', 103), (value) => value === undefined);
    await observe(20, []);
    const source = await valueWhen(stateKeys.source('atlas'), (value) => value !== undefined);
    expect(source).toMatchObject({
      status: 'degraded',
      degraded: [{ reason: 'shrunken' }, { reason: 'shrunken' }],
    });
    const kv = await t.bus.kv('STATE');
    expect((await kv.list('guests')).map((entry) => entry.key)).toEqual([
      stateKeys.guest('atlas', 101),
      stateKeys.guest('atlas', 102),
    ]);
    await observe(30, all.slice(0, 3));
    expect(await valueWhen(stateKeys.source('atlas'), (value) => value?.['status'] === 'ok')).toMatchObject({
      degraded: [],
    });
  });

  it('opens one incident for a node that is offline at first sight, and resolves it when the poll sees it online', async () => {
    await observe(0, [node('pve1'), node('pve2', 'offline')]);
    await publish(sampleEvent({ type: 'node.state.offline', node: 'pve2', second: 1 }));
    await observe(5, [node('pve1'), node('pve2', 'offline')]);
    await observe(90, [node('pve1'), node('pve2')]);
    const resolved = await incidentWhen((incident) => incident.status === 'resolved');
    expect(resolved).toMatchObject({
      key: 'atlas|node/pve2|node.state.offline',
      resolution: 'recovered',
      occurrences: 1,
    });
    expect((await t.bus.request(requests.incidents, { limit: 10 })).items).toHaveLength(1);
    const ofConditions = async (...conditions: string[]) =>
      (await t.bus.request(requests.incidents, { limit: 10, conditions })).items.length;
    expect(await ofConditions('backup.*', '*.offline')).toBe(1);
    expect(await ofConditions('node.*.line', 'state.offline', 'node_state.*')).toBe(0);
  });

  it('keeps a shared storage available while any node reaches it, and shows the node that does not', async () => {
    const nas = (name: string, status: 'available' | 'unavailable'): ObservedRow => ({
      kind: 'storage',
      storage: 'nas',
      node: name,
      status,
      shared: true,
    });
    await observe(0, [nas('pve1', 'available'), nas('pve2', 'available')]);
    // Whoever is told first: the node that lost it is the one that sees it differently.
    await observe(10, [nas('pve2', 'unavailable'), nas('pve1', 'available')], { full: false });
    await valueWhen(
      stateKeys.storage('atlas', 'nas', 'pve2'),
      (value) => value?.['status'] === 'unavailable' && value['dissents'] === true,
    );
    expect(await valueWhen(stateKeys.storage('atlas', 'nas'), () => true)).toMatchObject({
      status: 'available',
      node: 'pve1',
    });
  });

  it('goes on where it stopped', async () => {
    const [first, ...rest] = nightlyBackup();
    await publish(first as Event);
    await service.stop();
    for (const event of rest) await publish(event);
    service = await startState({ bus: t.bus, dataDir, instance: 'again' });
    await incidentWhen((incident) => incident.cause?.includes('nas-backup') === true);
    const { items } = await t.bus.request(requests.events, { limit: 100, order: 'newest' });
    expect(items).toHaveLength(nightlyBackup().length);
  });

  it('stands by while another replica writes', async () => {
    const second = await startState({ bus: t.bus, dataDir, instance: 'second' });
    expect(second.details?.()).toMatchObject({ role: 'standby' });
    expect(service.details?.()).toMatchObject({ role: 'writer' });
    await second.stop();
  });

  it('sends what is no event to the dead letters', async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    await t.bus.subscribe({ filters: [filters.allDeadLetters], from: 0 }, ({ data }) => resolve(data));
    await t.bus.publish(subjects.event('api', 'task.failed'), { nonsense: true } as never);
    expect(await promise).toMatchObject({ service: 'state', reason: 'invalid-payload' });
  });
});

describe('settings', () => {
  it('refuses DATABASE_URL instead of ignoring it', () => {
    const result = StateConfig.safeParse({ DATABASE_URL: 'postgres://db' });
    expect(result.error?.issues[0]).toMatchObject({
      path: ['DATABASE_URL'],
      message:
        'history in PostgreSQL does not exist yet; unset it, history is kept in DATA_DIR/history.sqlite',
    });
  });
});
