import fc from 'fast-check';
import { growthOf, RECENT_MS } from './growth.ts';

const STEP_MS = 15 * 60_000;
const HOUR_MS = 3_600_000;
const TOTAL = 1_000_000;

/** Least hours to full ever told of a storage that is looked at for some days. @param used by hours since the first look. */
function leastHours(days: number, used: (hour: number) => number): number {
  const samples = Array.from({ length: (days * 24 * HOUR_MS) / STEP_MS }, (_, n) => ({
    at: n * STEP_MS,
    used: used((n * STEP_MS) / HOUR_MS),
    total: TOTAL,
  }));
  let least = Infinity;
  for (const [n, { at }] of samples.entries()) {
    const known = samples.slice(0, n + 1);
    const growth = growthOf({
      recent: known.filter((sample) => sample.at >= at - RECENT_MS),
      firstAt: 0,
      highestBefore: (before) => {
        const earlier = known.filter((sample) => sample.at < before);
        return earlier.length === 0 ? undefined : Math.max(...earlier.map((sample) => sample.used));
      },
    });
    least = Math.min(least, growth?.hoursToFull ?? Infinity);
  }
  return least;
}

it('never takes what is filled and pruned every day for growth, wherever in the day and however noisy', () => {
  fc.assert(
    fc.property(
      fc.record({
        period: fc.integer({ min: 2, max: 24 }),
        phase: fc.integer({ min: 0, max: 23 }),
        fill: fc.double({ min: 0.1, max: 0.9, noNaN: true }),
        base: fc.integer({ min: 300_000, max: 700_000 }),
        height: fc.integer({ min: 0, max: 200_000 }),
        noise: fc.infiniteStream(fc.integer({ min: -1_000, max: 1_000 })),
      }),
      ({ period, phase, fill, base, height, noise }) => {
        // Up for a part of the period, flat, and down again at its end.
        const sawtooth = (hour: number) => {
          const into = ((hour + phase) % period) / period;
          return base + Math.min(1, into / fill) * height + (noise.next().value ?? 0);
        };
        expect(leastHours(4, sawtooth)).toBeGreaterThan(72);
      },
    ),
    { numRuns: 40 },
  );
});

it('tells of growth beyond all that was, about when it will be full', () => {
  const rate = 5_000;
  const filling = (hour: number) => 500_000 + Math.max(0, hour - 48) * rate;
  const hours = leastHours(4, filling);
  expect(hours).toBeGreaterThan(50);
  expect(hours).toBeLessThan(54);
});

it('says nothing before it has seen a day, and of what does not grow', () => {
  expect(leastHours(1, (hour) => 500_000 + hour * 10_000)).toBe(Infinity);
  expect(leastHours(3, () => 990_000)).toBe(Infinity);
  // One large copy.
  expect(leastHours(3, (hour) => (hour < 60 ? 500_000 : 900_000))).toBe(Infinity);
});
