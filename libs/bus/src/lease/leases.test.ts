import type { KeyValue } from '../bus.ts';
import { openTestBus, type TestBus } from '../testing/index.ts';
import { createLeases } from './leases.ts';

const TTL = 30_000;

describe('leases', () => {
  let t: TestBus;
  let kv: KeyValue;
  beforeEach(async () => {
    t = await openTestBus();
    kv = await t.bus.kv('LEASES');
  });
  afterEach(() => t.close());

  /** A replica with a clock of its own, as far off as one likes. */
  function replica(owner: string, startAt: number) {
    const clock = { ms: startAt };
    const lost: string[] = [];
    const store = { ...kv };
    const leases = createLeases({
      kv: store,
      owner,
      ttlMs: TTL,
      now: () => clock.ms,
      onLost: (name) => lost.push(name),
    });
    return { clock, lost, leases, store };
  }

  it('gives a name to one owner only', async () => {
    const [a, b] = [replica('a', 0), replica('b', 1e9)];
    const won = await Promise.all([a.leases.acquire('pve1'), b.leases.acquire('pve1')]);
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await a.leases.acquire('pve2')).toBe(true);
    expect(a.leases.holds('pve2')).toBe(true);
    expect(b.leases.holds('pve2')).toBe(false);
  });

  it('lets another take over only after a whole ttl of silence on its own clock', async () => {
    const [a, b] = [replica('a', 5_000_000), replica('b', 0)];
    await a.leases.acquire('pve1');
    expect(await b.leases.acquire('pve1')).toBe(false);
    b.clock.ms += TTL - 1;
    expect(await b.leases.acquire('pve1')).toBe(false);
    b.clock.ms += 1;
    expect(await b.leases.acquire('pve1')).toBe(true);
  });

  it('keeps a renewed lease for as long as it is renewed', async () => {
    const [a, b] = [replica('a', 0), replica('b', 0)];
    await a.leases.acquire('pve1');
    for (let i = 0; i < 10; i++) {
      for (const { clock } of [a, b]) clock.ms += TTL / 3;
      await a.leases.renew();
      expect(await b.leases.acquire('pve1')).toBe(false);
    }
    expect(a.leases.held()).toEqual(['pve1']);
    expect(a.lost).toEqual([]);
  });

  it('is let go by its owner before anybody may take it, when the bus is away', async () => {
    const a = replica('a', 0);
    await a.leases.acquire('pve1');
    a.store.update = () => Promise.reject(new Error('away'));
    a.clock.ms += TTL * 0.89;
    await a.leases.renew();
    expect(a.leases.holds('pve1')).toBe(true);
    a.clock.ms += TTL * 0.02;
    expect(a.leases.holds('pve1')).toBe(false);
    a.leases.expire();
    a.leases.expire();
    expect(a.lost).toEqual(['pve1']);
  });

  it('tells its owner once when somebody took it over', async () => {
    const [a, b] = [replica('a', 0), replica('b', 0)];
    await a.leases.acquire('pve1');
    await b.leases.acquire('pve1');
    b.clock.ms += TTL;
    expect(await b.leases.acquire('pve1')).toBe(true);
    // The clock of `a` stood still, as that of a suspended machine does.
    await a.leases.renew();
    expect(a.lost).toEqual(['pve1']);
    expect(a.leases.held()).toEqual([]);
    expect(b.leases.holds('pve1')).toBe(true);
  });

  it('survives a renewal that was written although its answer was lost', async () => {
    const a = replica('a', 0);
    await a.leases.acquire('pve1');
    a.store.update = async (...args) => {
      await kv.update(...args);
      throw new Error('the answer was lost');
    };
    await a.leases.renew();
    a.store.update = kv.update;
    a.clock.ms += TTL / 3;
    await a.leases.renew();
    expect(a.leases.held()).toEqual(['pve1']);
    a.clock.ms += TTL * 0.8;
    expect(a.leases.holds('pve1')).toBe(true);
  });

  it('given back can be taken at once, and giving back does not touch another owner', async () => {
    const [a, b] = [replica('a', 0), replica('b', 0)];
    await a.leases.acquire('pve1');
    await a.leases.release('pve1');
    expect(await b.leases.acquire('pve1')).toBe(true);
    await a.leases.release('pve1');
    await b.leases.renew();
    expect(b.leases.held()).toEqual(['pve1']);
    expect(a.lost).toEqual([]);
  });
});
