import { jest } from '@jest/globals';
import { openTestBus, type TestBus } from '@proxmox-mcp/bus/testing';
import { stateKeys } from '@proxmox-mcp/schemas';
import { Mirror } from '../fleet/mirror.ts';
import { guest, incident, node } from '../testing/fleet.ts';
import { Coalescer } from './coalescer.ts';
import { ResourceUpdates } from './resource-updates.ts';

describe('the coalescer', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('calls at once, then at most once per interval, and never forgets the last change', () => {
    const calls: string[] = [];
    const coalescer = new Coalescer({ intervalMs: 1_000, maxKeys: 10, call: (key) => void calls.push(key) });
    for (let i = 0; i < 100; i++) coalescer.touch('a');
    expect(calls).toEqual(['a']);
    jest.advanceTimersByTime(1_000);
    expect(calls).toEqual(['a', 'a']);
    jest.advanceTimersByTime(10_000);
    expect(calls).toEqual(['a', 'a']);
    coalescer.touch('a');
    coalescer.touch('b');
    expect(calls).toEqual(['a', 'a', 'a', 'b']);
  });

  it('remembers only so many keys', () => {
    const coalescer = new Coalescer({ intervalMs: 1_000, maxKeys: 2, call: () => undefined });
    expect(['a', 'b', 'c'].map((key) => coalescer.touch(key))).toEqual([true, true, false]);
    coalescer.stop();
  });
});

describe('updates of resources', () => {
  let testBus: TestBus;
  let mirror: Mirror;
  let updates: ResourceUpdates;
  let told: string[];
  beforeEach(async () => {
    testBus = await openTestBus();
    mirror = new Mirror(() => undefined);
    await mirror.start(testBus.bus);
    told = [];
    updates = new ResourceUpdates((uri) => void told.push(uri));
    updates.start(mirror);
  });
  afterEach(async () => {
    updates.stop();
    await mirror.stop();
    await testBus.close();
  });

  /** Puts rows and waits until the mirror has the last one. */
  async function put(...rows: [bucket: 'STATE' | 'INCIDENTS', key: string, value: object][]): Promise<void> {
    for (const [bucket, key, value] of rows) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const stop = mirror.onChange((change) => {
        if (change.key === key) resolve();
      });
      await (await testBus.bus.kv(bucket)).put(key, JSON.stringify(value));
      await promise;
      stop();
    }
  }

  it('tells the fleet for a status, not for load', async () => {
    const key = stateKeys.node('prod', 'pve1');
    await put(['STATE', key, node('pve1')]);
    expect(told).toEqual(['proxmox://fleet']);
    updates.stop();
    const quiet: string[] = [];
    updates = new ResourceUpdates((uri) => void quiet.push(uri));
    updates.start(mirror);
    await put(['STATE', key, node('pve1', { cpu: 0.9 })], ['STATE', key, node('pve1', { cpu: 0.1 })]);
    expect(quiet).toEqual([]);
    await put(['STATE', stateKeys.guest('prod', 105), guest(105, 'web')]);
    expect(quiet).toEqual(['proxmox://fleet']);
  });

  it('tells the list of incidents and the incident itself', async () => {
    await put(['INCIDENTS', 'inc-1', incident('inc-1')]);
    expect(told).toEqual(['proxmox://incidents/open', 'proxmox://incidents/inc-1', 'proxmox://fleet']);
  });
});

it('leaves rows out that it cannot read, and counts them', async () => {
  const testBus = await openTestBus();
  const state = await testBus.bus.kv('STATE');
  await state.put('nodes.prod.bad', '{"kind":"node"}');
  await state.put('nodes.prod.worse', 'not json');
  await state.put(stateKeys.node('prod', 'pve1'), JSON.stringify(node('pve1')));
  const dropped: string[] = [];
  const mirror = new Mirror((reason) => void dropped.push(reason));
  await mirror.start(testBus.bus);
  expect(mirror.rows('nodes').map((row) => row.node)).toEqual(['pve1']);
  expect(dropped).toEqual(['invalid', 'invalid']);
  await mirror.stop();
  await testBus.close();
});
