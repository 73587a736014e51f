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
  Published,
  SubscribeOptions,
} from './bus.ts';
export { createEmbeddedBus } from './embedded/embedded-bus.ts';
export type { EmbeddedBus, EmbeddedBusOptions } from './embedded/embedded-bus.ts';
export { InvalidMessage, MAX_DATA_BYTES } from './shared/limits.ts';
export type { BusLog } from './shared/log.ts';
