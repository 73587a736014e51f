import type { EventStore, JSONRPCMessage } from '@modelcontextprotocol/server';

const KEPT_MESSAGES = 200;
// A thousand sessions may be open.
const KEPT_BYTES = 250_000;

/**
 * Messages of one session that a client may ask for again after a lost connection. One per session: the SDK names the
 * standalone stream of every session the same, so a shared store would give one session's messages to another.
 */
export class EventRing implements EventStore {
  #seq = 0;
  #bytes = 0;
  readonly #ring: { seq: number; streamId: string; message: JSONRPCMessage; bytes: number }[] = [];

  storeEvent(streamId: string, message: JSONRPCMessage): Promise<string> {
    const seq = ++this.#seq;
    const bytes = JSON.stringify(message).length;
    this.#ring.push({ seq, streamId, message, bytes });
    this.#bytes += bytes;
    while (this.#ring.length > KEPT_MESSAGES || (this.#bytes > KEPT_BYTES && this.#ring.length > 1)) {
      this.#bytes -= this.#ring.shift()?.bytes ?? 0;
    }
    return Promise.resolve(`${seq}_${streamId}`);
  }

  async replayEventsAfter(
    lastEventId: string,
    { send }: { send: (eventId: string, message: JSONRPCMessage) => Promise<void> },
  ): Promise<string> {
    const at = lastEventId.indexOf('_');
    const seq = Number(lastEventId.slice(0, at));
    const streamId = lastEventId.slice(at + 1);
    if (at < 1 || !Number.isSafeInteger(seq)) throw new Error('Last-Event-ID is not one of this session');
    for (const entry of [...this.#ring]) {
      // The priming record of a stream has no JSON-RPC message in it.
      const isMessage = 'jsonrpc' in entry.message;
      if (entry.streamId === streamId && entry.seq > seq && isMessage) {
        await send(`${entry.seq}_${streamId}`, entry.message);
      }
    }
    return streamId;
  }
}
