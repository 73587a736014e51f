export { busConformance } from './bus-conformance.ts';
export type { BusUnderTest } from './conformance/context.ts';
export { describeWithNats } from './nats-server/describe-with-nats.ts';
export { findNatsServer } from './nats-server/find-nats-server.ts';
export type { NatsServerProgram, NoNatsServer } from './nats-server/find-nats-server.ts';
export { startNatsServer } from './nats-server/start-nats-server.ts';
export type { TestNatsServer } from './nats-server/start-nats-server.ts';
export { openTestBus } from './open-test-bus.ts';
export type { TestBus } from './open-test-bus.ts';
