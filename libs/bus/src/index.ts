export { BusUnavailable, NoAnswer, Reject, RetryLater, WrongRevision } from './bus.ts';
export type {
  Bus,
  BusHealth,
  Consumer,
  ConsumeOptions,
  Handler,
  KeyValue,
  KvChange,
  KvEntry,
  Message,
  Outgoing,
  Published,
  SubscribeOptions,
} from './bus.ts';
export { createEmbeddedBus } from './embedded/embedded-bus.ts';
export type { EmbeddedBus, EmbeddedBusOptions } from './embedded/embedded-bus.ts';
export { InvalidMessage, MAX_DATA_BYTES } from './shared/limits.ts';
export type { BusLog } from './shared/log.ts';
export { createLeases } from './lease/leases.ts';
export type { LeaseOptions, Leases } from './lease/leases.ts';
export { createSharedNames } from './lease/shared-names.ts';
export type { SharedNames, SharedNamesOptions } from './lease/shared-names.ts';
export { NatsRefused } from './nats/nats-refused.ts';
export { openBus } from './open-bus.ts';
export type { BusSettings, OpenBusOptions } from './open-bus.ts';
export type { Retention } from './shared/retention.ts';
