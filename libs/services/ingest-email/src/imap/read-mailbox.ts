import { BusUnavailable } from '@proxmox-mcp/bus';
import type { FetchMessageObject } from 'imapflow';
import type { MailIntake, TakenMail } from '../intake.ts';
import { MAX_MAIL_BYTES } from '../limits.ts';
import type { Account } from './account.ts';
import { advanced, firstPlace, placeIn, type MailboxPlace, type PlaceKeeper } from './mailbox-place.ts';
import type { Session } from './open-session.ts';

const DAY_MS = 86_400_000;
const STORE_AGAIN_MS = 1_000;

export interface MailboxReaderOptions {
  readonly account: Account;
  readonly folder: string;
  readonly keeper: PlaceKeeper;
  readonly intake: MailIntake;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** One mail was dealt with. */
  readonly onMail: (taken: TakenMail) => void;
  /** A mail that the server would not give. */
  readonly onSkipped: (reason: 'gone' | 'unreadable') => void;
}

/** Reads one selected mailbox from where it was left. Each mail is stored, then the place saved, then the mail marked as read. */
export interface MailboxReader {
  /**
   * Selects the folder by its name, and with it whatever bears the name now.
   *
   * @param isFirst the place is read from where replicas keep it; later ones of a session know it.
   * @returns whether mails can be marked.
   */
  select(session: Session, isFirst: boolean): Promise<{ readonly readOnly: boolean }>;
  /** Reads everything that is new, one after the other. */
  catchUp(session: Session): Promise<void>;
}

export function createMailboxReader(options: MailboxReaderOptions): MailboxReader {
  const { account, folder, keeper, intake, now, sleep } = options;
  let place: MailboxPlace | undefined;
  let readOnly = false;

  async function uidsToRead(session: Session, from: MailboxPlace): Promise<number[]> {
    const { backlog, lastUid } = from;
    if (backlog === undefined) return search(session, { uid: `${lastUid + 1}:*` }, lastUid);
    if (lastUid >= backlog.until) return [];
    const query = {
      uid: `${lastUid + 1}:${backlog.until}`,
      // The server compares days, in a zone of its own.
      since: new Date(backlog.sinceMs - DAY_MS),
      ...(backlog.unseenOnly ? { seen: false } : {}),
    };
    return search(session, query, lastUid);
  }

  async function readOne(session: Session, uid: number, from: MailboxPlace): Promise<MailboxPlace> {
    const message = await fetchMail(session, uid);
    if (message?.source === undefined) {
      options.onSkipped(message === undefined ? 'gone' : 'unreadable');
      return advanced(from, uid);
    }
    const arrivedMs = epochMs(message.internalDate);
    if (from.backlog !== undefined && arrivedMs !== undefined && arrivedMs < from.backlog.sinceMs) {
      return advanced(from, uid);
    }
    const taken = await store(message.source, message, from, arrivedMs);
    // What is refused may be somebody's private mail: it stays as it was.
    const toMark = taken.outcome !== 'rejected' && message.flags?.has('\\Seen') !== true;
    const next = advanced(from, uid, { identity: taken.identity, arrivedMs, toMark });
    await keeper.save(next);
    if (toMark) await markSeen(session, uid);
    options.onMail(taken);
    return next;
  }

  async function store(
    raw: Buffer,
    message: FetchMessageObject,
    from: MailboxPlace,
    arrivedMs: number | undefined,
  ): Promise<TakenMail> {
    const mail = {
      raw,
      origin: `imap ${account.name}/${folder} uid ${message.uid}`,
      truncated: (message.size ?? 0) > MAX_MAIL_BYTES,
      place: `imap ${account.username}@${account.host}/${folder} ${from.uidValidity} ${message.uid}`,
      ...(arrivedMs === undefined ? {} : { deliveredAt: Math.floor(arrivedMs / 1_000) }),
    };
    for (;;) {
      try {
        return await intake.take(mail, (identity) => from.recent.includes(identity));
      } catch (err) {
        if (!(err instanceof BusUnavailable)) throw err;
        await sleep(STORE_AGAIN_MS);
      }
    }
  }

  async function markSeen(session: Session, uid: number): Promise<void> {
    if (!account.markSeen || readOnly) return;
    await session.command(session.client.messageFlagsAdd(String(uid), ['\\Seen'], { uid: true }));
  }

  return {
    async select(session, isFirst) {
      const box = await session.command(session.client.mailboxOpen(folder));
      readOnly = box.readOnly === true;
      const known = isFirst ? await keeper.load() : place;
      const next = await placeFor(session, box, known);
      if (next !== known) await keeper.save(next);
      place = next;
      if (isFirst && next.toMark !== undefined) await markSeen(session, next.toMark);
      return { readOnly };
    },
    async catchUp(session) {
      if (place === undefined) return;
      for (;;) {
        const uids = await uidsToRead(session, place);
        for (const uid of uids) place = await readOne(session, uid, place);
        const { backlog, ...rest }: MailboxPlace = place;
        if (backlog === undefined) {
          if (uids.length === 0) return;
          continue;
        }
        // What is left of the backlog was not asked for.
        place = { ...rest, lastUid: Math.max(rest.lastUid, backlog.until) };
        await keeper.save(place);
      }
    },
  };

  async function placeFor(
    session: Session,
    box: { readonly uidValidity: bigint; readonly uidNext?: number },
    known: MailboxPlace | undefined,
  ): Promise<MailboxPlace> {
    const { uidValidity } = box;
    if (known?.uidValidity === String(uidValidity)) return known;
    // RFC 9051 makes UIDNEXT mandatory, RFC 3501 did not.
    const lastUid = box.uidNext ? box.uidNext - 1 : ((await search(session, { all: true }, 0)).at(-1) ?? 0);
    const selected = { uidValidity, lastUid };
    return known === undefined ? firstPlace(selected, account.firstRead, now()) : placeIn(selected, known);
  }

  async function fetchMail(session: Session, uid: number): Promise<FetchMessageObject | undefined> {
    const query = {
      uid: true,
      flags: true,
      internalDate: true,
      size: true,
      source: { start: 0, maxLength: MAX_MAIL_BYTES },
    };
    try {
      const found = await session.command(session.client.fetchOne(String(uid), query, { uid: true }));
      return found === false ? undefined : found;
    } catch (err) {
      // One broken file in the mailbox must not hold up the rest; a lost connection has no response.
      if ((err as { responseStatus?: unknown }).responseStatus !== 'NO') throw err;
      return { seq: 0, uid };
    }
  }
}

/** UIDs above `after`, ascending. A range that ends in `*` always finds the last mail, also below its start. */
async function search(
  session: Session,
  query: Parameters<Session['client']['search']>[0],
  after: number,
): Promise<number[]> {
  const found = await session.command(session.client.search(query, { uid: true }));
  if (!Array.isArray(found)) throw new Error('search failed');
  return found.filter((uid) => uid > after).sort((a, b) => a - b);
}

function epochMs(date: Date | string | undefined): number | undefined {
  const ms = date === undefined ? Number.NaN : new Date(date).getTime();
  return Number.isFinite(ms) ? ms : undefined;
}
