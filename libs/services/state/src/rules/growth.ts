import type { UsageSample } from '../history/usage.ts';

/** How something has been filling up. */
export interface Growth {
  /** At the pace that is sure; `Infinity` where it does not grow, or not steadily. */
  readonly hoursToFull: number;
  /** Part in use, 0–1. */
  readonly usedRatio: number;
}

/** What the history knows of one storage. */
export interface UsageKnown {
  /** Samples of the last `RECENT_MS`, oldest first. */
  readonly recent: readonly UsageSample[];
  readonly firstAt: number;
  /** Most bytes used before a time in milliseconds. */
  readonly highestBefore: (at: number) => number | undefined;
}

const HOUR_MS = 3_600_000;
/** Growth is looked for in so long. */
export const RECENT_MS = 6 * HOUR_MS;
/** Nightly backups and prunes go up and down within a day: what is no more than yesterday's high is no growth. */
const DAY_MS = 24 * HOUR_MS;
/** Fewer are no trend: most of the time nobody looked. */
const LEAST_SAMPLES = 12;
/** Part of the steps that must go up: one large copy is no trend. */
const STEADY = 0.75;

/**
 * Tells when a storage will be full, from growth that is sure: upwards in most steps of six hours, and above everything seen before.
 * A storage that is filled every night and pruned every morning climbs to where it has been already.
 *
 * @returns `undefined` while less than a day and six hours are known.
 */
export function growthOf({ recent, firstAt, highestBefore }: UsageKnown): Growth | undefined {
  const last = recent.at(-1);
  if (last === undefined || last.total <= 0 || recent.length < LEAST_SAMPLES) return undefined;
  if (last.at - firstAt < DAY_MS + RECENT_MS) return undefined;
  const usedRatio = last.used / last.total;
  const none = { hoursToFull: Infinity, usedRatio };
  if (!isSteady(recent)) return none;
  const paces = [slopeOf(recent)];
  for (const span of last.at - firstAt >= 2 * DAY_MS ? [RECENT_MS, DAY_MS] : [RECENT_MS]) {
    const before = highestBefore(last.at - span);
    if (before !== undefined) paces.push((last.used - before) / span);
  }
  const pace = Math.min(...paces);
  if (pace <= 0) return none;
  return { hoursToFull: Math.max(0, last.total - last.used) / pace / HOUR_MS, usedRatio };
}

function isSteady(samples: readonly UsageSample[]): boolean {
  const steps = samples.slice(1).map(({ used }, index) => used - (samples[index]?.used ?? used));
  return steps.filter((step) => step > 0).length >= steps.length * STEADY;
}

/** Theil–Sen: the median of the slopes between all pairs, in bytes per millisecond. A few wild samples do not move it. */
function slopeOf(samples: readonly UsageSample[]): number {
  const slopes = samples.flatMap((from, index) =>
    samples.slice(index + 1).map((to) => (to.used - from.used) / (to.at - from.at)),
  );
  slopes.sort((a, b) => a - b);
  return slopes[Math.floor((slopes.length - 1) / 2)] ?? 0;
}
