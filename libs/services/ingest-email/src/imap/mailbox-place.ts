import type { KeyValue } from '@proxmox-mcp/bus';
import { createCursor } from '@proxmox-mcp/ingest-kit';
import { token } from '@proxmox-mcp/schemas';
import * as z from 'zod';
import type { FirstRead } from '../config.ts';
import type { Account } from './account.ts';

/** Mail that was there before we came: only some of it is to be read. */
const Backlog = z.object({
  /** Last UID of it. */
  until: z.int(),
  /** Epoch milliseconds; older mail is left alone. */
  sinceMs: z.number(),
  unseenOnly: z.boolean(),
});

/** How far a mailbox was read. */
export const MailboxPlace = z.object({
  uidValidity: z.string(),
  /** Everything up to this UID was read, or left out for good. */
  lastUid: z.int(),
  backlog: Backlog.optional(),
  /** Its mail is stored, and was then to be marked as read: done again after a kill in between. */
  toMark: z.int().optional(),
  /** When the newest mail that was read had arrived, epoch milliseconds. */
  newestMs: z.number(),
  /** Identities of the mails read last: they have other UIDs in a mailbox that was made anew. */
  recent: z.array(z.string()),
});
export type MailboxPlace = z.infer<typeof MailboxPlace>;

/** The mailbox as it is selected. */
export interface SelectedMailbox {
  readonly uidValidity: bigint;
  /** UID of its last mail, 0 when it is empty. */
  readonly lastUid: number;
}

const DAY_MS = 86_400_000;
const MAX_RECENT = 500;
const SAVE_AGAIN_MS = 1_000;

/** Where to begin in a mailbox that was never read. */
export function firstPlace(box: SelectedMailbox, firstRead: FirstRead, nowMs: number): MailboxPlace {
  const base = { uidValidity: String(box.uidValidity), newestMs: nowMs, recent: [] };
  switch (firstRead) {
    case 'all':
      return { ...base, lastUid: 0 };
    case 'new':
      return { ...base, lastUid: box.lastUid };
    case 'recent':
      return {
        ...base,
        lastUid: 0,
        backlog: { until: box.lastUid, sinceMs: nowMs - DAY_MS, unseenOnly: true },
      };
  }
}

/**
 * Where to go on in a mailbox that was made anew under its name (RFC 9051 §2.3.1.1: a new UIDVALIDITY): all UIDs are new, so
 * what arrived since a day before the newest mail is looked at again, and what was read is known by its identity.
 */
export function placeIn(box: SelectedMailbox, place: MailboxPlace): MailboxPlace {
  const uidValidity = String(box.uidValidity);
  if (place.uidValidity === uidValidity) return place;
  const { toMark: _gone, ...rest } = place;
  return {
    ...rest,
    uidValidity,
    lastUid: 0,
    backlog: { until: box.lastUid, sinceMs: place.newestMs - DAY_MS, unseenOnly: false },
  };
}

/** One mail further. */
export function advanced(
  place: MailboxPlace,
  uid: number,
  read?: {
    readonly identity: string | undefined;
    readonly arrivedMs: number | undefined;
    readonly toMark: boolean;
  },
): MailboxPlace {
  const identity = read?.identity;
  const { toMark: _done, ...rest } = place;
  return {
    ...rest,
    lastUid: uid,
    ...(read?.toMark === true ? { toMark: uid } : {}),
    newestMs: Math.max(place.newestMs, read?.arrivedMs ?? 0),
    recent:
      identity === undefined || place.recent.includes(identity)
        ? place.recent
        : [...place.recent.slice(1 - MAX_RECENT), identity],
  };
}

/** The place in the CURSORS key-value; one replica writes it at a time. */
export interface PlaceKeeper {
  /** What was saved last, by whichever replica. @throws {BusUnavailable} */
  load(): Promise<MailboxPlace | undefined>;
  /**
   * Saves, and waits for a bus that is away: mail can be told to wait.
   *
   * @throws {WrongRevision} another replica has taken over.
   */
  save(place: MailboxPlace): Promise<void>;
}

export function createPlaceKeeper(
  kv: KeyValue,
  { username, host }: Pick<Account, 'username' | 'host'>,
  folder: string,
  sleep: (ms: number) => Promise<void>,
): PlaceKeeper {
  // By whose mailbox it is: another account under the same settings begins anew.
  const cursor = createCursor(kv, `email.${token(`${username}@${host}`)}.${token(folder)}`);
  return {
    async load() {
      const parsed = MailboxPlace.safeParse(await cursor.load());
      return parsed.success ? parsed.data : undefined;
    },
    async save(place) {
      while (!(await cursor.save(place))) await sleep(SAVE_AGAIN_MS);
    },
  };
}
