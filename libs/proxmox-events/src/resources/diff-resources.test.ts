import { diffDatastores, readDatastores } from './diff-datastores.ts';
import { diffResources } from './diff-resources.ts';
import { readResources } from './snapshot.ts';

type Row = Record<string, unknown>;
const node = (name: string, status = 'online', uptime = 1000): Row => ({
  type: 'node',
  node: name,
  status,
  uptime,
});
const vm = (vmid: number, on: string, more: Row = {}): Row => ({
  type: 'qemu',
  vmid,
  node: on,
  status: 'running',
  name: `vm${vmid}`,
  uptime: 500,
  ...more,
});
const storage = (on: string, percent: number, shared = 1): Row => ({
  type: 'storage',
  node: on,
  storage: 'nas',
  status: 'available',
  shared,
  disk: percent,
  maxdisk: 100,
});

/** Types of the events of each poll after the first. */
function polls(...answers: Row[][]): string[][] {
  let memory = readResources(answers[0] ?? []);
  return answers.slice(1).map((rows) => {
    const { events, next } = diffResources(memory, readResources(rows));
    // What is stored between polls survives a restart as JSON.
    memory = JSON.parse(JSON.stringify(next)) as typeof next;
    return events.map((event) => `${event.type}@${event.node}`);
  });
}

describe('diffResources', () => {
  it('tells of a dead node once, of its guests when they turn unknown, and keeps their names', () => {
    const alive = [node('a'), node('b'), vm(1, 'b')];
    const dead = [node('a'), { type: 'node', node: 'b', status: 'offline' }, vm(1, 'b')];
    const expired = [
      node('a'),
      { type: 'node', node: 'b', status: 'offline' },
      { type: 'qemu', vmid: 1, node: 'b', status: 'unknown' },
    ];
    expect(polls(alive, dead, dead, expired, expired, alive)).toEqual([
      ['node.state.offline@b'],
      [],
      ['guest.state.unknown@b'],
      [],
      ['node.state.online@b', 'guest.state.running@b'],
    ]);
  });

  it('concludes nothing from an answer that lost its nodes or most guests', () => {
    const full = [node('a'), ...[1, 2, 3, 4, 5, 6].map((id) => vm(id, 'a'))];
    expect(polls(full, [], [node('a'), vm(1, 'a')], full)).toEqual([[], [], []]);
  });

  it('concludes nothing from a small host that lost all it had at once, and believes in one guest removed', () => {
    const small = [node('a'), vm(1, 'a'), vm(2, 'a'), storage('a', 10)];
    expect(polls(small, [node('a')], small)).toEqual([[], []]);
    const single = [node('a'), vm(1, 'a'), storage('a', 10)];
    expect(polls(single, [node('a')], single)).toEqual([[], []]);
    expect(polls(single, [node('a'), storage('a', 10)])).toEqual([['guest.disappeared@a']]);
  });

  it('tells of a restart after a move', () => {
    expect(
      polls([node('a'), node('b'), vm(1, 'a')], [node('a'), node('b'), vm(1, 'b', { uptime: 3 })]),
    ).toEqual([['guest.node.changed@b', 'guest.uptime.reset@b']]);
  });

  it('takes another kind under the same vmid for another guest', () => {
    expect(polls([vm(1, 'a')], [{ ...vm(1, 'a'), type: 'lxc' }])).toEqual([
      ['guest.disappeared@a', 'guest.appeared@a'],
    ]);
  });

  it('does not call the first real status of a new guest a change', () => {
    const blank = { type: 'qemu', vmid: 2, node: 'a', status: 'unknown' };
    expect(polls([vm(1, 'a')], [vm(1, 'a'), blank], [vm(1, 'a'), vm(2, 'a')])).toEqual([
      ['guest.appeared@a'],
      [],
    ]);
  });

  it('keeps a lock through an unknown spell', () => {
    const blank = { type: 'qemu', vmid: 1, node: 'a', status: 'unknown' };
    expect(
      polls([vm(1, 'a', { lock: 'backup' })], [blank], [vm(1, 'a', { lock: 'backup' })], [vm(1, 'a')]),
    ).toEqual([['guest.state.unknown@a'], ['guest.state.running@a'], ['guest.lock.cleared@a']]);
  });

  it('reports a shared storage that fills up once, and again only after it came down below 88 percent', () => {
    const at = (percent: number) => [storage('a', percent), storage('b', percent)];
    expect(polls(at(80), at(91), at(89), at(92), at(87), at(95))).toEqual([
      ['storage.usage.high@a'],
      [],
      [],
      [],
      ['storage.usage.high@a'],
    ]);
  });

  it('survives names that objects have anyway', () => {
    expect(polls([node('a')], [node('a'), node('constructor'), node('__proto__')])).toEqual([[]]);
  });
});

describe('diffDatastores', () => {
  const usage = (used: number) => readDatastores([{ store: 'tank', used, total: '100' }]);
  it('reports a datastore that fills up, and again only after it came down', () => {
    let memory = usage(80);
    const types = [91, 89, 92, 80, 96].map((used) => {
      const { events, next } = diffDatastores(memory, usage(used), 'pbs1');
      memory = next;
      return events.map((event) => `${event.type} ${event.severity} ${event.node}`);
    });
    expect(types).toEqual([
      ['storage.usage.high warning pbs1'],
      [],
      [],
      [],
      ['storage.usage.high error pbs1'],
    ]);
  });
});
