import { createLetterLimit, type IngestLine, type LiveInventory } from '@proxmox-mcp/ingest-kit';
import type { NormalizeResult } from '@proxmox-mcp/schemas';
import { identityOf, NO_SOURCE, normalizeMail, sourceNameOf } from './normalize.ts';
import { parseMail, type ParsedMail, type UnreadableMail } from './parse.ts';

/** A mail as a mailbox or a sender gave it. */
export interface ReceivedMail {
  readonly raw: Buffer;
  /** Where exactly it came from, for dead letters. */
  readonly origin: string;
  /** The caller left out the end of it. */
  readonly truncated?: boolean;
  /** Address of the host that delivered it to us. */
  readonly peer?: string;
  /** When the mailbox got it, epoch seconds. */
  readonly deliveredAt?: number;
  /** Its place in a mailbox: identity where it has none of its own. */
  readonly place?: string;
}

/** What became of a mail; what it says is on the bus when this is given. */
export interface TakenMail {
  readonly outcome: 'events' | 'ignored' | 'rejected';
  readonly reason?: string;
  readonly detail?: string;
  /** What it can be known by when it comes again. */
  readonly identity: string | undefined;
  /** Sender that was refused and would be let in by one line of configuration. */
  readonly refusedSender?: string;
}

export interface MailIntakeOptions {
  readonly line: IngestLine;
  readonly inventory: Pick<LiveInventory, 'index'>;
  /** As in `SenderPolicy`. */
  readonly allowedFrom: readonly string[] | undefined;
  readonly now: () => number;
  /** A refused mail that was not kept, because too many were. */
  readonly onUnkept: (reason: string) => void;
}

export interface MailIntake {
  /**
   * Takes a mail from bytes to the bus. Bad input is a dead letter and no error.
   *
   * @param isKnown asked for the identity of a readable mail: `true` drops it as seen before.
   * @throws {BusUnavailable} nothing is stored: do not acknowledge.
   */
  take(mail: ReceivedMail, isKnown?: (identity: string) => boolean): Promise<TakenMail>;
}

type Refusal = Extract<NormalizeResult, { readonly reject: true }>;

const STRANGERS: ReadonlySet<string> = new Set(['sender-not-allowed', 'human-forward']);

export function createMailIntake(options: MailIntakeOptions): MailIntake {
  const { line, inventory, now, onUnkept } = options;
  const mayKeep = createLetterLimit(now);

  function understand(mail: ParsedMail | UnreadableMail, received: ReceivedMail): NormalizeResult {
    if ('reject' in mail) return mail;
    const index = inventory.index();
    const { peer, deliveredAt, place } = received;
    try {
      return normalizeMail(mail, {
        index,
        senders: { allowedFrom: options.allowedFrom, index },
        ...(peer === undefined ? {} : { peer }),
        ...(deliveredAt === undefined ? {} : { deliveredAt }),
        ...(place === undefined ? {} : { place }),
      });
    } catch (err) {
      // Our fault, and only this mail's: the mailbox must not stand still for it.
      const detail = err instanceof Error ? err.message : 'unknown';
      return { reject: true, reason: 'normalizer-threw', detail };
    }
  }

  /** What a later reading of the kept mail needs besides its bytes; `normalizeInput` reads it. */
  function noted({ origin, peer, place, deliveredAt, truncated }: ReceivedMail) {
    return {
      origin,
      receivedAt: now(),
      ...(truncated === true ? { cut: true } : {}),
      context: {
        ...(peer === undefined ? {} : { peer }),
        ...(place === undefined ? {} : { place }),
        ...(deliveredAt === undefined ? {} : { delivered_at: deliveredAt }),
      },
    };
  }

  async function refuse(result: Refusal, received: ReceivedMail, mayBeOurs: boolean): Promise<void> {
    if (!mayKeep()) return onUnkept(result.reason);
    const isStranger = STRANGERS.has(result.reason) && !mayBeOurs;
    // What a stranger or a colleague wrote is nobody's business here: the header is enough to see who it was.
    const kept = isStranger ? { raw: headerOf(received.raw), cut: true } : { raw: received.raw };
    await line.settle({ source: NO_SOURCE, ...noted(received), ...kept }, result);
  }

  return {
    async take(received, isKnown) {
      const mail = await parseMail(received.raw, { truncated: received.truncated === true });
      const identity = 'reject' in mail ? received.place : (identityOf(mail) ?? received.place);
      if (identity !== undefined && isKnown?.(identity) === true) {
        return { outcome: 'ignored', reason: 'seen-before', identity };
      }
      const result = understand(mail, received);
      if ('reject' in result) {
        const address =
          'address' in result && typeof result.address === 'string' ? result.address : undefined;
        await refuse(result, received, address !== undefined);
        return {
          outcome: 'rejected',
          identity,
          reason: result.reason,
          ...(result.detail === undefined ? {} : { detail: result.detail }),
          ...(address === undefined ? {} : { refusedSender: address }),
        };
      }
      const draft = 'events' in result ? result.events[0] : undefined;
      const source = draft === undefined ? NO_SOURCE : sourceNameOf(draft, inventory.index());
      const notes = noted(received);
      // Who may send is set where a later reading may not see it.
      const context = { ...notes.context, sender_allowed: true };
      const { outcome } = await line.settle({ source, raw: received.raw, ...notes, context }, result);
      return { outcome, identity };
    },
  };
}

/** The header block; the body begins after the first empty line. */
function headerOf(raw: Buffer): Buffer {
  const ends = [raw.indexOf('\n\n'), raw.indexOf('\r\n\r\n')].filter((end) => end >= 0);
  return raw.subarray(0, Math.min(raw.length, ...ends));
}
