import { setTimeout as wait } from 'node:timers/promises';
import type { ConsumerMessages } from '@nats-io/jetstream';
import type { Consumer } from '../bus.ts';
import type { BusLog } from '../shared/log.ts';
import { messageOf } from '../shared/message-of.ts';

const REOPEN_AFTER_MS = 1_000;

/**
 * Keeps a consumption open until stopped. The client ends one by itself when the server lost the consumer or refused a
 * request; ours shall go on for as long as the service runs.
 *
 * @throws what the first `open` throws.
 */
export async function keepConsuming(
  open: () => Promise<ConsumerMessages>,
  options: { readonly what: string; readonly log: BusLog },
): Promise<Consumer> {
  const stopped = new AbortController();
  let current = await open();
  const watch = async () => {
    while (!stopped.signal.aborted) {
      const reason = await current.closed();
      if (stopped.signal.aborted) return;
      options.log.warn(
        { what: options.what, reason: messageOf(reason ?? 'closed') },
        'consumption ended, will open again',
      );
      for (;;) {
        await wait(REOPEN_AFTER_MS, undefined, { signal: stopped.signal }).catch(() => {});
        if (stopped.signal.aborted) return;
        try {
          current = await open();
          break;
        } catch (error) {
          options.log.warn(
            { what: options.what, reason: messageOf(error) },
            'consumption not opened, will retry',
          );
        }
      }
    }
  };
  const watching = watch();
  return {
    async stop() {
      stopped.abort();
      await drain(current);
      await watching;
    },
  };
}

/**
 * Ends a consumption after everything on its way has reached the callback. The client's own `close` drops those messages, and
 * the server would deliver them again only after the ack wait. Its subscription is not public, hence the careful look.
 */
async function drain(messages: ConsumerMessages): Promise<void> {
  const inner: unknown = 'sub' in messages ? messages.sub : undefined;
  if (typeof inner === 'object' && inner !== null && 'drain' in inner && typeof inner.drain === 'function') {
    try {
      await inner.drain.call(inner);
    } catch {
      // The connection is gone: there is nothing on its way any more.
    }
  }
  await messages.close();
}
