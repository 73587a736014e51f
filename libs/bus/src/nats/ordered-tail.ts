import {
  DeliverPolicy,
  type JetStreamClient,
  type JsMsg,
  type OrderedConsumerOptions,
} from '@nats-io/jetstream';
import type { Consumer } from '../bus.ts';
import type { BusLog } from '../shared/log.ts';
import { coveringFilter } from '../shared/covering-filter.ts';
import { subjectFilter } from '../shared/subject-filter.ts';
import { keepConsuming } from './keep-consuming.ts';

export interface TailOptions {
  readonly stream: string;
  readonly filters: readonly string[];
  /** Everything after this sequence; or the last message of every subject, then all. */
  readonly from: number | 'last-per-subject';
  readonly onMessage: (msg: JsMsg) => void;
  readonly log: BusLog;
}

/** A tail and the moment when it has given all that was there at its start. */
export interface Tail extends Consumer {
  readonly caughtUp: Promise<void>;
}

/** Follows a stream in order without acknowledgements, without a gap over reconnects and server restarts. */
export async function followInOrder(js: JetStreamClient, options: TailOptions): Promise<Tail> {
  const { stream, from, log } = options;
  let last = typeof from === 'number' ? from : 0;
  let opened = false;
  let toCome = 0;
  const caughtUp = Promise.withResolvers<void>();
  const wanted = subjectFilter(options.filters);
  const callback = (msg: JsMsg) => {
    // A consumption opened again can give what was given before.
    if (msg.seq <= last) return;
    last = msg.seq;
    if (wanted(msg.subject)) options.onMessage(msg);
    toCome -= 1;
    if (toCome <= 0 || msg.info.pending === 0) caughtUp.resolve();
  };
  const open = async () => {
    const start: Partial<OrderedConsumerOptions> =
      from === 'last-per-subject' && !opened
        ? { deliver_policy: DeliverPolicy.LastPerSubject }
        : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: last + 1 };
    const consumer = await js.consumers.get(stream, {
      ...start,
      filter_subjects: coveringFilter(options.filters),
    });
    if (!opened) {
      opened = true;
      toCome = (await consumer.info(true)).num_pending;
      if (toCome === 0) caughtUp.resolve();
    }
    const messages = await consumer.consume({
      max_messages: 256,
      expires: 10_000,
      idle_heartbeat: 1_000,
      callback,
    });
    // The server is idle: whatever was there has come, also when a part of it was replaced or deleted meanwhile.
    void (async () => {
      for await (const notice of messages.status()) if (notice.type === 'heartbeat') caughtUp.resolve();
    })();
    return messages;
  };
  const running = await keepConsuming(open, { what: `tail of ${stream}`, log });
  return {
    caughtUp: caughtUp.promise,
    async stop() {
      caughtUp.resolve();
      await running.stop();
    },
  };
}
