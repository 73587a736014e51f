import {
  AckPolicy,
  type ConsumerMessages,
  DeliverPolicy,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import type { Consumer, Handler } from '../bus.ts';
import { type ConsumeSettings, type Verdict, verdictOf } from '../shared/consume-settings.ts';
import type { GivenUp } from '../shared/dead-letter.ts';
import { subjectFilter } from '../shared/subject-filter.ts';
import { type BusLog } from '../shared/log.ts';
import { messageOf } from '../shared/message-of.ts';
import { coveringFilter } from '../shared/covering-filter.ts';
import { keepConsuming } from './keep-consuming.ts';
import { apiCode } from './topology.ts';

// JetStream's code for "consumer already exists" with another configuration.
const CONSUMER_EXISTS = 10_148;
const MAX_PULL = 512;

export interface DurableHost {
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly log: BusLog;
  /** Writes the dead letter; resolves when it is stored. */
  bury(given: GivenUp): Promise<void>;
  readonly now: () => number;
}

/** Consumes a durable until stopped. The server counts deliveries and bounds what is in flight, over all replicas. */
export async function consumeDurable(
  host: DurableHost,
  settings: ConsumeSettings,
  handler: Handler<unknown>,
): Promise<Consumer> {
  await ensureDurable(host.jsm, settings);
  const underWay = new Set<Promise<void>>();
  let stopping = false;
  const wanted = subjectFilter(settings.filters);
  const onMessage = (msg: JsMsg) => {
    if (!wanted(msg.subject)) {
      msg.ack();
      return;
    }
    // On its way when we stopped: another replica, or our next start, gets it at once and not after the ack wait.
    if (stopping) {
      msg.nak();
      return;
    }
    const work = handle(host, settings, handler, msg).finally(() => underWay.delete(work));
    underWay.add(work);
  };
  const open = async (): Promise<ConsumerMessages> => {
    const consumer = await host.js.consumers.get(settings.stream, settings.durable);
    const max_messages = Math.min(settings.maxInFlight, MAX_PULL);
    return await consumer.consume({
      max_messages,
      expires: 10_000,
      idle_heartbeat: 2_000,
      callback: onMessage,
    });
  };
  const running = await keepConsuming(open, { what: `durable ${settings.durable}`, log: host.log });
  return {
    async stop() {
      stopping = true;
      await running.stop();
      await Promise.all(underWay);
    },
  };
}

/** Makes the durable, or brings it up to these settings. Where it begins is decided once, when it is made. */
export async function ensureDurable(jsm: JetStreamManager, settings: ConsumeSettings): Promise<void> {
  const config = {
    ack_wait: nanos(settings.ackWaitMs),
    max_deliver: settings.maxDeliver,
    max_ack_pending: settings.maxInFlight,
    // One pattern, never `filter_subjects`: with those, even a single one, a 2.10 server drains a backlog that is larger than a
    // block of its store at 165/s instead of 25,000/s. What the pattern takes too much is acknowledged unseen.
    filter_subject: coveringFilter(settings.filters),
  };
  try {
    await jsm.consumers.add(settings.stream, {
      ...config,
      durable_name: settings.durable,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: settings.startFrom === 'new' ? DeliverPolicy.New : DeliverPolicy.All,
    });
  } catch (error) {
    if (apiCode(error) !== CONSUMER_EXISTS) throw error;
    await jsm.consumers.update(settings.stream, settings.durable, config);
  }
}

async function handle(
  host: DurableHost,
  settings: ConsumeSettings,
  handler: Handler<unknown>,
  msg: JsMsg,
): Promise<void> {
  const deliveries = msg.info.deliveryCount;
  let timer: NodeJS.Timeout | undefined;
  const hung = new Promise<Verdict | undefined>((resolve) => {
    // The server delivers it again by itself, or, after the last time, says so to the advisories.
    timer = setTimeout(() => resolve(undefined), settings.ackWaitMs);
  });
  const verdict = await Promise.race([run(settings, handler, msg, deliveries), hung]);
  clearTimeout(timer);
  if (verdict === undefined) {
    host.log.warn(
      { durable: settings.durable, subject: msg.subject, seq: msg.seq, deliveries },
      'handler took too long',
    );
    return;
  }
  if (verdict.kind === 'done') msg.ack();
  else if (verdict.kind === 'retry') msg.nak(verdict.delayMs);
  else await giveUp(host, settings, { msg, verdict });
}

async function run(
  settings: ConsumeSettings,
  handler: Handler<unknown>,
  msg: JsMsg,
  deliveries: number,
): Promise<Verdict> {
  const { stream } = settings;
  try {
    await handler({ stream, subject: msg.subject, seq: msg.seq, data: msg.json<unknown>(), deliveries });
    return { kind: 'done' };
  } catch (error) {
    return verdictOf(settings, deliveries, error);
  }
}

async function giveUp(
  host: DurableHost,
  settings: ConsumeSettings,
  dead: { readonly msg: JsMsg; readonly verdict: Verdict & { readonly kind: 'dead' } },
): Promise<void> {
  const { msg, verdict } = dead;
  const { durable, stream } = settings;
  const { subject, seq } = msg;
  try {
    await host.bury({
      durable,
      stream,
      subject,
      seq,
      data: msg.string(),
      reason: verdict.reason,
      detail: verdict.why,
      at: host.now(),
    });
    msg.term();
  } catch (error) {
    // Not acknowledged: it comes again, or the advisory of its last delivery brings it to the dead letters.
    host.log.warn({ durable, subject, seq, reason: messageOf(error) }, 'dead letter not written, will retry');
  }
}
