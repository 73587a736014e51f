export { countMetrics, testContext } from './test-context.ts';
export type { CountedMetrics } from './test-context.ts';
export { createManualClock } from './manual-clock.ts';
export type { ManualClock } from './manual-clock.ts';
export { describeWithNtfy } from './ntfy-server/describe-with-ntfy.ts';
export { findNtfyServer } from './ntfy-server/find-ntfy-server.ts';
export { startNtfyServer } from './ntfy-server/start-ntfy-server.ts';
export type { NtfyServerOptions, TestNtfyServer } from './ntfy-server/start-ntfy-server.ts';
