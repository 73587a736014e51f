export { countMetrics, testContext } from './test-context.ts';
export type { CountedMetrics } from './test-context.ts';
export { createManualClock } from './manual-clock.ts';
export type { ManualClock } from './manual-clock.ts';
