export { countMetrics, testContext } from './test-context.ts';
export type { CountedMetrics } from './test-context.ts';
