import {
  createLetterLimit,
  type IngestLine,
  type LiveInventory,
  type Settlement,
} from '@proxmox-mcp/ingest-kit';
import type { EventDraft, NormalizeResult } from '@proxmox-mcp/schemas';
import type { ParseFormat } from './config.ts';
import type { Received, StoreBatch } from './intake.ts';
import { normalizeMessage, type HostMessage } from './normalize.ts';
import { createOccurrences } from './occurrences.ts';
import { createOomJoiner, type Joinable } from './oom-joiner.ts';
import { parseMessage } from './parse.ts';
import { createRepeats } from './repeats.ts';

/** Source of events whose sender is not known: dead letters only. */
const NO_SOURCE = 'syslog';
const MINUTE_MS = 60_000;

const LF = 0x0a;
/** A message with a line feed inside is still one. */
const ONE_DATAGRAM = { context: { datagrams: 1 } };

/** A message with what the line wants to know of it. */
interface Pending {
  readonly received: Received;
  readonly source: string;
  /** Two messages, which are read one by one. */
  readonly isJoined?: true;
}

export interface BatchReceiverOptions {
  readonly line: IngestLine;
  readonly inventory: Pick<LiveInventory, 'index'>;
  readonly format: ParseFormat;
  readonly now: () => number;
  /** A refused message that was not kept, because too many were. */
  readonly onUnkept: (reason: string) => void;
  /** Something was stored. */
  readonly onStored: () => void;
}

/** Takes messages from bytes to the bus. */
export interface BatchReceiver {
  /** Reads a batch, and what waited long enough for a second line. */
  readonly prepare: (batch: readonly Received[]) => StoreBatch;
  /** What still waits for a second line goes without it. */
  readonly finish: () => StoreBatch;
  /** Messages that wait for a second line. */
  readonly held: number;
}

export function createBatchReceiver(options: BatchReceiverOptions): BatchReceiver {
  const { line, inventory, format, now, onUnkept, onStored } = options;
  const joiner = createOomJoiner<Pending>((first, second) => ({
    ...first,
    isJoined: true,
    received: {
      ...first.received,
      bytes: Buffer.concat([first.received.bytes, Buffer.from('\n'), second.received.bytes]),
    },
  }));
  const mayKeep = createLetterLimit(now);
  const repeats = createRepeats();
  const occurrences = createOccurrences(now);

  function settle({ received, source, isJoined }: Pending, result: NormalizeResult): Settlement[] {
    const { origin, bytes, receivedAt } = received;
    if ('reject' in result && !mayKeep()) {
      onUnkept(result.reason);
      return [];
    }
    const notes = isJoined || !bytes.includes(LF) ? {} : ONE_DATAGRAM;
    return [{ input: { source, origin, raw: bytes, receivedAt, ...notes }, result }];
  }

  function normalizeSafely(message: HostMessage, receivedAt: number): NormalizeResult {
    try {
      return normalizeMessage(message, inventory.index(), receivedAt);
    } catch (err) {
      // Our fault, and only this line's: the other lines of the batch must not suffer for it.
      return {
        reject: true,
        reason: 'normalizer-threw',
        detail: err instanceof Error ? err.message : 'unknown',
      };
    }
  }

  function settleKnown({ message, tag }: Joinable<Pending>): Settlement[] {
    const { receivedAt } = tag.received;
    const result = normalizeSafely(message, receivedAt);
    const [draft] = 'events' in result ? result.events : [];
    const isRepeat = draft !== undefined && repeats.isRepeat(draft, receivedAt);
    if (isRepeat) return settle(tag, { ignore: true, reason: 'repeat' });
    return settle(tag, draft === undefined ? result : { events: [tellApart(draft, message, tag.received)] });
  }

  /** Gives the second and later of equal lines an identity of their own, where their stamp cannot tell them apart. */
  function tellApart(draft: EventDraft, { parsed: { stamp } }: HostMessage, received: Received): EventDraft {
    // A task starts and ends once, however often a line says so.
    if (draft.upid !== undefined || (stamp.kind === 'absolute' && stamp.isExact)) return draft;
    const nth = occurrences.nth(received.sender, received.bytes);
    if (nth === 0) return draft;
    const when = draft.at ?? draft.occurredAtGuess ?? `minute ${Math.floor(received.receivedAt / MINUTE_MS)}`;
    return { ...draft, identity: `${when}\0${nth}\0${received.bytes.toString('latin1')}` };
  }

  function receive(received: Received): Settlement[] {
    const stranger = { received, source: NO_SOURCE };
    if (received.oversize) return settle(stranger, { ignore: true, reason: 'oversize' });
    const parsed = parseMessage(received.bytes, format);
    if ('reject' in parsed) return settle(stranger, { reject: true, reason: parsed.reject });
    const host = inventory.index().find(parsed.host);
    if (host === undefined) {
      const detail = `host ${JSON.stringify(parsed.host.slice(0, 100))} is in no source of the inventory`;
      return settle(stranger, { reject: true, reason: 'unknown-host', detail });
    }
    const message: HostMessage = { parsed, host };
    const tag: Pending = { received, source: host.source.id };
    return joiner.offer({ message, tag }, received.receivedAt).flatMap(settleKnown);
  }

  const together =
    (settlements: readonly Settlement[]): StoreBatch =>
    async () => {
      const settled = await line.settleAll(settlements);
      if (settled.some(({ stored }) => stored > 0)) onStored();
    };

  return {
    get held() {
      return joiner.held;
    },
    prepare: (batch) => together([...batch.flatMap(receive), ...joiner.release(now()).flatMap(settleKnown)]),
    finish: () => together(joiner.release().flatMap(settleKnown)),
  };
}
