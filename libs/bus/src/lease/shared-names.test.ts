import { openTestBus, type TestBus } from '../testing/index.ts';
import { createSharedNames } from './shared-names.ts';

const TTL = 30_000;
const NAMES = ['pve1', 'pve2', 'pve3', 'pve.4', 'pbs1', 'pbs2'];

describe('names divided among replicas', () => {
  let t: TestBus;
  const clock = { ms: 0 };
  /** Who works on a name now; two at once is what must never be. */
  const workers = new Map<string, string>();
  const conflicts: string[] = [];
  beforeEach(async () => {
    t = await openTestBus();
    clock.ms = 0;
    workers.clear();
    conflicts.length = 0;
  });
  afterEach(() => t.close());

  async function replica(owner: string, names: () => readonly string[] = () => NAMES) {
    return createSharedNames({
      kv: await t.bus.kv('LEASES'),
      group: 'ingest-websocket',
      owner,
      ttlMs: TTL,
      names,
      now: () => clock.ms,
      onGained: (name) => {
        if (workers.has(name)) conflicts.push(name);
        workers.set(name, owner);
      },
      onLost: async (name) => {
        // Ending the work takes a moment; nobody else may begin before.
        await new Promise((resolve) => setImmediate(resolve));
        if (workers.get(name) === owner) workers.delete(name);
      },
    });
  }
  type Replica = Awaited<ReturnType<typeof replica>>;
  async function rounds(replicas: readonly Replica[], count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      await Promise.all(replicas.map((one) => one.round()));
      clock.ms += TTL / 3;
    }
  }

  it('one replica takes them all, by their own names', async () => {
    const only = await replica('a');
    await only.round();
    expect(only.held().sort()).toEqual([...NAMES].sort());
    expect([...workers.keys()].sort()).toEqual([...NAMES].sort());
    await only.stop();
    expect(workers.size).toBe(0);
  });

  it('replicas that come later get their part, and no name is ever held twice', async () => {
    const replicas = [await replica('a')];
    await rounds(replicas, 1);
    replicas.push(await replica('b'), await replica('c'));
    await rounds(replicas, 4);
    expect(replicas.map((one) => one.held().length)).toEqual([2, 2, 2]);
    expect(new Set(replicas.flatMap((one) => one.held())).size).toBe(NAMES.length);
    expect(conflicts).toEqual([]);
    for (const one of replicas) await one.stop();
  });

  it('a replica that dies is inherited after its ttl', async () => {
    const [a, b] = [await replica('a'), await replica('b')];
    await rounds([a, b], 4);
    expect(b.held()).toHaveLength(3);
    // `b` says nothing more; its work died with it.
    for (const name of b.held()) workers.delete(name);
    await rounds([a], 2);
    expect(a.held()).toHaveLength(3);
    await rounds([a], 3);
    expect(a.held().sort()).toEqual([...NAMES].sort());
    expect(conflicts).toEqual([]);
  });

  it('a replica that stops leaves its part to the others at once', async () => {
    const [a, b] = [await replica('a'), await replica('b')];
    await rounds([a, b], 4);
    await b.stop();
    await b.stop();
    await a.round();
    expect(a.held().sort()).toEqual([...NAMES].sort());
    expect(conflicts).toEqual([]);
  });

  it('a name that is no longer wanted is given up, a new one taken', async () => {
    const names = ['pve1', 'pve2'];
    const only = await replica('a', () => names);
    await only.round();
    names.splice(0, 1, 'pve9');
    await only.round();
    expect(only.held().sort()).toEqual(['pve2', 'pve9']);
    expect([...workers.keys()].sort()).toEqual(['pve2', 'pve9']);
  });
});
