import { createBreaker } from './breaker.ts';
import { createLimiter } from './limiter.ts';

describe('breaker', () => {
  const policy = { threshold: 3, baseMs: 1_000, capMs: 3_000 };
  function opened() {
    const clock = { now: 0 };
    const breaker = createBreaker(() => clock.now, policy);
    for (let i = 0; i < 3; i++) {
      expect(breaker.admit()).toBe(0);
      breaker.failed();
    }
    return { clock, breaker };
  }

  it('opens after so many failures in a row, and not before', () => {
    const breaker = createBreaker(() => 0, policy);
    breaker.failed();
    breaker.failed();
    breaker.succeeded();
    breaker.failed();
    breaker.failed();
    expect(breaker.admit()).toBe(0);
    breaker.failed();
    expect(breaker.admit()).toBe(1_000);
    expect(breaker.isOpen()).toBe(true);
  });

  it('lets one probe through, and stays open twice as long when it fails, up to the cap', () => {
    const { clock, breaker } = opened();
    for (const openFor of [2_000, 3_000, 3_000]) {
      clock.now += breaker.admit();
      expect(breaker.admit()).toBe(0);
      expect(breaker.admit()).toBeGreaterThan(0);
      breaker.failed();
      expect(breaker.admit()).toBe(openFor);
    }
  });

  it('closes when the probe succeeds', () => {
    const { clock, breaker } = opened();
    clock.now += 1_000;
    expect(breaker.admit()).toBe(0);
    breaker.succeeded();
    expect([breaker.admit(), breaker.admit()]).toEqual([0, 0]);
    expect(breaker.isOpen()).toBe(false);
  });

  it('keeps everybody away while the channel asked for it', () => {
    const clock = { now: 0 };
    const breaker = createBreaker(() => clock.now, policy);
    breaker.hold(5_000);
    expect(breaker.admit()).toBe(5_000);
    clock.now = 5_000;
    expect(breaker.admit()).toBe(0);
  });
});

describe('limiter', () => {
  it('runs so many at one time, lets so many wait, and turns the rest away', async () => {
    const limiter = createLimiter(2, 1);
    const gates = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
    const begun: number[] = [];
    const runs = gates.map((gate, i) =>
      limiter.run(async () => {
        begun.push(i);
        await gate.promise;
      }),
    );
    expect(limiter.run(async () => undefined)).toBeUndefined();
    await Promise.resolve();
    expect(begun).toEqual([0, 1]);
    gates[0]?.reject(new Error('failed'));
    await expect(runs[0]).rejects.toThrow('failed');
    await Promise.resolve();
    expect(begun).toEqual([0, 1, 2]);
    for (const gate of gates) gate.resolve();
    await runs[1];
    await runs[2];
    await limiter.run(async () => undefined);
  });
});
