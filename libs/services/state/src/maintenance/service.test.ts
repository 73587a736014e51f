import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTestBus, type TestBus } from '@proxmox-mcp/bus/testing';
import {
  filters,
  requests,
  stateKeys,
  subjects,
  type Incident,
  type MaintenanceAnswer,
  type MaintenanceCommand,
  type Notification,
  type ObservedRow,
} from '@proxmox-mcp/schemas';
import type { Service } from '@proxmox-mcp/service-kit';
import { sampleEvent } from '../testing/sample-events.ts';
import { startState } from '../testing/start-state.ts';

const MINUTE = 60_000;

describe('maintenance windows of the state service', () => {
  let t: TestBus;
  let dataDir: string;
  let service: Service;
  let now: number;
  const at = (minutes: number) => new Date(now + minutes * MINUTE).toISOString();
  const start = async (files: Readonly<Record<string, unknown>> = {}) => {
    service = await startState({ bus: t.bus, dataDir, now: () => now, files });
  };
  beforeEach(async () => {
    now = Date.parse('2026-03-14T01:00:00Z');
    t = await openTestBus();
    dataDir = mkdtempSync(join(tmpdir(), 'proxmox-mcp-state-'));
    await start();
  });
  afterEach(async () => {
    await service.stop();
    await t.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const command = (more: Partial<MaintenanceCommand> & Pick<MaintenanceCommand, 'op'>) =>
    t.bus.request(requests.maintenance, { by: 'ada', ...more });
  async function windowOf(answer: Promise<MaintenanceAnswer>) {
    const { ok, ...rest } = await answer;
    if (!ok || !('window' in rest) || rest.window === undefined) throw new Error(JSON.stringify(rest));
    return rest.window;
  }
  const observe = (...rows: ObservedRow[]) =>
    t.bus.publish(subjects.observation('atlas'), {
      source: 'atlas',
      product: 'pve',
      cluster: 'atlas',
      at: at(0),
      full: true,
      covers: ['node'],
      part: 1,
      parts: 1,
      rows,
      removed: [],
    });
  const node = (name: string, status: 'online' | 'offline', more: object = {}): ObservedRow => ({
    kind: 'node',
    node: name,
    status,
    ...more,
  });
  const publish = (type: string) => {
    const event = {
      ...sampleEvent({ type, cluster: 'zenith', severity: 'critical' }),
      occurredAt: at(0),
      receivedAt: at(0),
    };
    return t.bus.publish(subjects.event(event.channel, type), event, { id: event.id });
  };
  async function incidentWhen(when: (incident: Incident) => boolean): Promise<Incident> {
    const { promise, resolve } = Promise.withResolvers<Incident>();
    const tail = await t.bus.subscribe({ filters: [filters.allIncidents], from: 0 }, ({ data }) => {
      if (when(data)) resolve(data);
    });
    const found = await promise;
    await tail.stop();
    return found;
  }
  async function listWhen(when: (answer: MaintenanceAnswer & { ok: true }) => boolean) {
    for (;;) {
      const answer = await command({ op: 'list' });
      if (answer.ok && when(answer)) return answer;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const patching = { op: 'open', match: { cluster: 'atlas' }, reason: 'kernel updates' } as const;

  it('puts aside what is covered, a lost quorum too, over a restart, and tells it and one report after an early end', async () => {
    const kv = await t.bus.kv('STATE');
    const channel = { enabled: true, status: 'ok', at: at(0) } as const;
    await kv.put(stateKeys.channel('ntfy'), JSON.stringify({ ...channel, name: 'ntfy' }));
    await kv.put(stateKeys.channel('email'), JSON.stringify({ ...channel, name: 'email', enabled: false }));
    const match = { cluster: ['atlas', 'zenith'] };
    const window = await windowOf(command({ ...patching, match, until: at(60) }));
    await observe(node('pve1', 'offline'), node('pve2', 'offline'));
    await publish('cluster.quorum.lost');
    const aside = { status: 'suppressed', suppression: { reason: 'maintenance', by: window.id } };
    expect(await incidentWhen(({ node }) => node === 'pve1')).toMatchObject(aside);
    expect(await incidentWhen(({ condition }) => condition === 'cluster.quorum.lost')).toMatchObject(aside);

    await service.stop();
    now += 10 * MINUTE;
    await start();
    expect(await command({ op: 'list' })).toMatchObject({ ok: true, windows: [{ id: window.id }] });
    await publish('cluster.quorum.regained');
    await incidentWhen(
      ({ condition, status }) => condition === 'cluster.quorum.lost' && status === 'resolved',
    );
    await observe(node('pve1', 'offline'), node('pve2', 'online'), node('pve3', 'offline'));
    expect(await incidentWhen(({ node }) => node === 'pve3')).toMatchObject(aside);
    await incidentWhen(({ node, status }) => node === 'pve2' && status === 'resolved');

    now += 10 * MINUTE;
    const closed = await windowOf(command({ op: 'close', id: window.id }));
    expect(closed.closedAt).toBe(at(0));
    expect(await windowOf(command({ op: 'close', id: window.id }))).toEqual(closed);
    // Twice: the review has to have seen the end before it counts from it.
    await incidentWhenAfter(1_000, ({ node, status }) => node === 'pve1' && status === 'open');
    const messages: Notification[] = [];
    const tail = await t.bus.subscribe({ filters: [filters.allNotifications], from: 0 }, ({ data }) => {
      messages.push(data);
    });
    now += 2 * MINUTE;
    const { ended } = await listWhen((answer) => answer.ended?.[0]?.report !== undefined);
    expect(ended?.[0]).toMatchObject({ id: window.id, report: { incidents: 4, open: 2 } });
    while (messages.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await tail.stop();
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatchObject({
      channel: 'ntfy',
      kind: 'message',
      severity: 'info',
      title: 'Maintenance is over: 2 of 4 problems are left',
    });
    expect(messages[0]?.body).toContain('- Node pve1 is offline (not over)');

    /** Moves the clock on, little by little, until an incident is so. */
    async function incidentWhenAfter(stepMs: number, when: (incident: Incident) => boolean) {
      let isFound = false;
      const found = incidentWhen(when).then(() => {
        isFound = true;
      });
      while (!isFound) {
        now += stepMs;
        // The service looks once a second of the real clock; minutes at once would make what it sees stale.
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      await found;
    }
  }, 30_000);

  it('says what is wrong with a command, and forgives a repeated one', async () => {
    const refusal = async (more: Partial<MaintenanceCommand> & Pick<MaintenanceCommand, 'op'>) => {
      const answer = await command(more);
      return answer.ok ? 'ok' : `${answer.code}: ${answer.message}`;
    };
    expect(await refusal({ op: 'open', until: at(60), reason: 'x' })).toContain(
      'invalid: open needs `match`',
    );
    expect(await refusal({ ...patching, until: at(60), reason: ' ' })).toContain('`reason`');
    expect(await refusal(patching)).toContain('`until`');
    expect(await refusal({ ...patching, until: at(-1) })).toContain('must lie in the future');
    expect(await refusal({ ...patching, until: at(400 * 1_440) })).toContain('at most a year ahead');
    expect(await refusal({ ...patching, from: at(60), until: at(30) })).toContain('later than `from`');
    expect(await refusal({ op: 'close' })).toContain('close needs `id`');
    expect(await refusal({ op: 'extend', id: 'nobody', until: at(1) })).toContain('not_found');

    // The answer to the first was lost: its sender asks again, of a process that was started anew.
    const open = { ...patching, until: at(60) };
    const window = await windowOf(command(open));
    await service.stop();
    now += MINUTE;
    await start();
    expect(await windowOf(command(open))).toEqual(window);
    const everything = await windowOf(command({ ...open, match: {} }));
    expect(everything.id).not.toBe(window.id);
    const planned = await windowOf(command({ ...open, from: at(30) }));
    expect(planned.from).toBe(at(30));
    const longer = await windowOf(command({ op: 'extend', id: window.id, until: at(120) }));
    expect(longer.until).toBe(at(120));
    expect(await refusal({ op: 'extend', id: window.id, until: at(90) })).toContain('close ends it sooner');
    const { windows } = await listWhen(() => true);
    expect(windows.map(({ id }) => id).sort()).toEqual([window.id, everything.id, planned.id].sort());
    await command({ op: 'close', id: window.id });
    expect(await refusal({ op: 'extend', id: window.id, until: at(180) })).toContain('is over');
  });

  it('puts aside what was told before, also where it was killed right after the window was stored', async () => {
    await observe(node('pve1', 'offline'));
    const { id } = await incidentWhen(({ status }) => status === 'open');
    // A day later nobody looks at it by itself any more.
    now += 24 * 60 * MINUTE;
    const window = await windowOf(command({ ...patching, match: { node: 'pve1' }, until: at(60) }));
    expect(await incidentWhen(({ status }) => status === 'suppressed')).toMatchObject({ id });
    await command({ op: 'close', id: window.id });
    await service.stop();
    const kv = await t.bus.kv('MAINTENANCE');
    await kv.put('mw-killed', JSON.stringify({ ...window, id: 'mw-killed' }));
    await start();
    await incidentWhen(({ suppression }) => suppression?.by === 'mw-killed');
  });

  it('opens the windows of the file and those of nodes in maintenance, and leaves a line where nothing is muted', async () => {
    await service.stop();
    const planned = { reason: 'x', when: { from: '02:00', to: '03:00', timezone: 'Europe/Vienna' } };
    const windows = [
      { ...planned, name: 'nightly', match: { node: 'pve1' } },
      { ...planned, name: 'lab', match: { node: 'pve2' }, effect: 'annotate' },
    ];
    await start({ 'maintenance.yaml': { windows } });
    await observe(node('pve3', 'online', { hastate: 'maintenance' }));
    await listWhen((answer) => answer.windows.some(({ by }) => by === 'auto'));
    await observe(node('pve1', 'offline'), node('pve2', 'offline'), node('pve3', 'offline'));
    const first = await incidentWhen(({ node }) => node === 'pve1');
    expect(first.suppression).toMatchObject({ reason: 'maintenance', text: 'Maintenance: nightly: x' });
    const second = await incidentWhen(({ node }) => node === 'pve2');
    expect(second.status).toBe('open');
    expect(second.timeline.at(-1)).toMatchObject({ what: 'maintenance', text: 'Maintenance: lab: x' });
    const third = await incidentWhen(({ node }) => node === 'pve3');
    expect(third.suppression?.text).toBe('Maintenance: pve3 is in HA maintenance mode');

    // The file says otherwise at the next start.
    await service.stop();
    await start({ 'maintenance.yaml': { automatic: false, windows: [] } });
    expect((await listWhen(() => true)).windows).toEqual([]);
  });
});
