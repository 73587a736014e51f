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
