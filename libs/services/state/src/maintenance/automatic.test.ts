import type { Fact, MaintenanceWindow, NodeState } from '@proxmox-mcp/schemas';
import { automaticChanges, shutdownIn, type Shutdown } from './automatic.ts';
import { isOver } from './windows.ts';

const START = Date.parse('2026-03-14T01:00:00Z');
const MINUTE = 60_000;

/** A lab of one node, looked at every ten seconds. */
function lab() {
  const windows = new Map<string, MaintenanceWindow>();
  const shutdowns: Shutdown[] = [];
  let node: Partial<NodeState> = {};
  let now = START;
  const look = () => {
    const row: NodeState = {
      kind: 'node',
      source: 'atlas',
      product: 'pve',
      cluster: 'atlas',
      node: 'pve1',
      status: 'online',
      observedAt: new Date(now).toISOString(),
      since: new Date(START).toISOString(),
      ...node,
    };
    const seen = { nodes: [row], shutdowns, windows: [...windows.values()] };
    for (const window of automaticChanges(seen, now)) windows.set(window.id, window);
  };
  return {
    windows,
    shutdowns,
    /** Lets time pass until a minute, with the node as it is from now on. @returns the minutes that are covered. */
    until(minute: number, seen: Partial<NodeState> = {}): void {
      node = seen;
      for (; now < START + minute * MINUTE; now += 10_000) look();
    },
    isCovered: () => [...windows.values()].some((window) => !isOver(window, now)),
    close() {
      for (const window of windows.values())
        if (!isOver(window, now))
          windows.set(window.id, { ...window, closedAt: new Date(now).toISOString() });
    },
  };
}

const shutdown = (more: Partial<Shutdown> = {}): Shutdown => ({
  cluster: 'atlas',
  node: 'pve1',
  startedAt: START,
  ...more,
});

describe('a node that shuts down', () => {
  it('is covered until it is back and has settled', () => {
    const t = lab();
    t.shutdowns.push(shutdown({ endedAt: START + MINUTE }));
    t.until(2, { uptime: 900_000 });
    t.until(6, { status: 'offline' });
    expect(t.isCovered()).toBe(true);
    t.until(10, { uptime: 30 });
    expect(t.isCovered()).toBe(true);
    t.until(12, { uptime: 300 });
    expect(t.isCovered()).toBe(false);
    t.until(40, { uptime: 400 });
    expect(t.windows.size).toBe(1);
  });

  it('is a problem when it is not back in half an hour', () => {
    const t = lab();
    t.shutdowns.push(shutdown());
    t.until(29, { status: 'offline' });
    expect(t.isCovered()).toBe(true);
    t.until(30.5, { status: 'offline' });
    expect(t.isCovered()).toBe(false);
    t.until(60, { status: 'offline' });
    expect(t.windows.size).toBe(1);
  });

  it('and is not covered for long where only its guests were stopped', () => {
    const t = lab();
    t.shutdowns.push(shutdown({ endedAt: START + MINUTE }));
    t.until(10, { uptime: 900_000 });
    expect(t.isCovered()).toBe(false);
  });

  it('covers what follows from it, and no disk', () => {
    const t = lab();
    t.shutdowns.push(shutdown());
    t.until(1);
    const [window] = t.windows.values();
    expect(window).toMatchObject({ by: 'auto', effect: 'mute', match: { cluster: 'atlas', node: 'pve1' } });
    expect(window?.match.condition).toContain('guest.*');
    expect(JSON.stringify(window?.match)).not.toMatch(/disk|zfs|backup|certificate/);
  });

  it('is known by the task in which its guests are stopped, and by no other', () => {
    const upid = 'UPID:pve1:0003A1F2:0A5C11D3:69B4B314:stopall::root@pam:';
    const fact: Fact = {
      id: upid,
      upid,
      type: 'task.started',
      severity: 'info',
      product: 'pve',
      cluster: 'atlas',
      node: 'pve1',
      startedAt: new Date(START).toISOString(),
      title: '',
      facts: { task_type: 'stopall' },
      members: ['a'],
      links: [],
      revision: 1,
    };
    expect(shutdownIn(fact)).toEqual(shutdown());
    expect(shutdownIn({ ...fact, upid: upid.replace('root@pam', 'ada@pve') })).toBeUndefined();
    expect(shutdownIn({ ...fact, facts: { task_type: 'startall' } })).toBeUndefined();
    expect(shutdownIn({ ...fact, type: 'guest.stop.started' })).toBeUndefined();
  });
});

describe('a node in HA maintenance', () => {
  it('is covered as long as it lasts, through its reboot, and until it has settled', () => {
    const t = lab();
    t.until(300, { hastate: 'maintenance' });
    expect(t.isCovered()).toBe(true);
    t.until(310, { status: 'offline', hastate: 'unknown' });
    expect(t.isCovered()).toBe(true);
    t.until(320, { hastate: 'maintenance' });
    t.until(324, { hastate: 'online' });
    expect(t.isCovered()).toBe(true);
    t.until(326, { hastate: 'online' });
    expect(t.isCovered()).toBe(false);
    expect(t.windows.size).toBe(1);
    t.until(330, { hastate: 'maintenance' });
    expect(t.windows.size).toBe(2);
  });

  it('is no longer covered when nobody sees it any more', () => {
    const t = lab();
    t.until(10, { hastate: 'maintenance' });
    t.until(75, { hastate: 'maintenance', observedAt: new Date(START + 10 * MINUTE).toISOString() });
    expect(t.isCovered()).toBe(false);
  });

  it('stays uncovered where somebody closed its window, and is covered the next time', () => {
    const t = lab();
    t.until(10, { hastate: 'maintenance' });
    t.close();
    t.until(200, { hastate: 'maintenance' });
    expect(t.isCovered()).toBe(false);
    t.until(210, { hastate: 'online' });
    t.until(211, { hastate: 'maintenance' });
    expect(t.isCovered()).toBe(true);
  });
});
