import type { StreamName } from '@proxmox-mcp/schemas';
import type { Consumer, Message } from '../bus.ts';
import { consumeDurable, type DurableHost } from './durable-consumer.ts';
import { ADVISORIES } from './topology.ts';

interface Advisory {
  readonly stream: StreamName;
  readonly consumer: string;
  readonly stream_seq: number;
  readonly deliveries: number;
}

/**
 * Brings messages to the dead letters whose last delivery nobody answered: the handler hung, or took its process with it. The
 * server's advisory is all that is left of them; every process of the product helps.
 */
export async function buryUnanswered(host: DurableHost): Promise<Consumer> {
  return await consumeDurable(
    host,
    {
      // Not one of the streams services know, hence the cast; it is only passed on to the server.
      stream: ADVISORIES as StreamName,
      durable: 'dead-letters',
      filters: ['$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>'],
      ackWaitMs: 10_000,
      maxDeliver: 1_000,
      backoffMs: [1_000, 5_000, 30_000],
      maxInFlight: 64,
      startFrom: 'all',
    },
    // The filter above gives nothing but these.
    (message) => bury(host, message as Message<Advisory>),
  );
}

async function bury(host: DurableHost, message: Message<Advisory>): Promise<void> {
  const { stream, consumer, stream_seq: seq, deliveries } = message.data;
  const original = await host.jsm.streams.getMessage(stream, { seq });
  if (original === null) {
    host.log.error({ stream, durable: consumer, seq }, 'a message given up is gone from its stream already');
    return;
  }
  await host.bury({
    durable: consumer,
    stream,
    subject: original.subject,
    seq,
    data: original.string(),
    reason: 'max-deliver',
    detail: `nobody answered for delivery ${deliveries}: the handler hung or its process ended`,
    at: host.now(),
  });
}
