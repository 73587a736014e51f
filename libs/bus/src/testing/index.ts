export { openTestBus } from './open-test-bus.ts';
export type { TestBus } from './open-test-bus.ts';
