import { type KeyValue, WrongRevision } from '../bus.ts';
import { type BusLog, silent } from '../shared/log.ts';
import { messageOf } from '../shared/message-of.ts';

// The owner lets go a little before anybody else may take over.
const OWN_SHARE_OF_TTL = 0.9;
const MAX_OBSERVED = 10_000;

export interface LeaseOptions {
  /** The LEASES bucket. */
  readonly kv: KeyValue;
  /** Unique per process. */
  readonly owner: string;
  /** How long a lease outlives its owner's last sign. */
  readonly ttlMs: number;
  /** A clock that only runs forward, in milliseconds. Default `performance.now`. It is never compared with another process's. */
  readonly now?: () => number;
  /** Called once for a lease that was lost against our will: somebody else may hold it from now on. */
  readonly onLost?: (name: string) => void;
  readonly log?: BusLog;
}

/**
 * Leases by name: at most one process holds a name at one time. Safe against wrong wall clocks: nobody trusts a time in an entry.
 * A lease is free for others when its revision has not changed for `ttlMs` of *their* clock since *they* saw it; the owner
 * lets go when it has not renewed for nine tenths of `ttlMs` of its own, counted from before it sent the renewal.
 */
export interface Leases {
  /** Tries once. `false`: somebody else holds it, or could not be seen dead yet; try again later. @throws {BusUnavailable} */
  acquire(name: string): Promise<boolean>;
  holds(name: string): boolean;
  /** Names held. */
  held(): string[];
  /** Renews all that is held and drops what has run out. Call it every `ttlMs / 3` or so; never throws. */
  renew(): Promise<void>;
  /** Notes an entry seen in a listing, so that its owner's silence is counted from now on and not from the first `acquire`. */
  observe(name: string, revision: number): void;
  /** Drops what has run out. Call it often; costs nothing. */
  expire(): void;
  /** Gives a lease back: others can take it at once. */
  release(name: string): Promise<void>;
}

interface Held {
  revision: number;
  /** Own clock. */
  until: number;
}

/** Makes the leases of one process. Nothing runs by itself. */
export function createLeases(options: LeaseOptions): Leases {
  const { kv, owner, ttlMs } = options;
  const now = options.now ?? (() => performance.now());
  const log = options.log ?? silent;
  const held = new Map<string, Held>();
  const observed = new Map<string, { readonly revision: number; readonly since: number }>();
  const mine = JSON.stringify({ owner });
  const free = JSON.stringify({ owner: '' });

  /** Writes our name; `undefined` when somebody was faster. */
  async function claim(name: string, revision: number | undefined): Promise<Held | undefined> {
    const sentAt = now();
    try {
      const written =
        revision === undefined ? await kv.create(name, mine) : await kv.update(name, mine, revision);
      return { revision: written, until: sentAt + ttlMs * OWN_SHARE_OF_TTL };
    } catch (error) {
      if (error instanceof WrongRevision) return undefined;
      throw error;
    }
  }

  function isDead(name: string, revision: number): boolean {
    const seen = observed.get(name);
    if (seen?.revision === revision) return now() - seen.since >= ttlMs;
    if (observed.size >= MAX_OBSERVED) observed.clear();
    observed.set(name, { revision, since: now() });
    return false;
  }

  function lose(name: string): void {
    if (!held.delete(name)) return;
    log.warn({ lease: name }, 'lease lost');
    options.onLost?.(name);
  }

  async function renewOne(name: string, lease: Held): Promise<void> {
    let renewed = await claim(name, lease.revision);
    if (renewed === undefined) {
      // A renewal whose answer was lost may have been written all the same: then the entry is still ours.
      const entry = await kv.get(name);
      if (entry?.value === mine) renewed = await claim(name, entry.revision);
    }
    if (held.get(name) !== lease) return;
    if (renewed === undefined) lose(name);
    else held.set(name, renewed);
  }

  const leases: Leases = {
    async acquire(name) {
      leases.expire();
      if (held.has(name)) return true;
      const entry = await kv.get(name);
      if (entry !== undefined && entry.value !== free && !isDead(name, entry.revision)) return false;
      const claimed = await claim(name, entry?.revision);
      if (claimed === undefined) return false;
      observed.delete(name);
      held.set(name, claimed);
      return true;
    },
    holds(name) {
      const lease = held.get(name);
      return lease !== undefined && now() < lease.until;
    },
    held: () => [...held.keys()],
    async renew() {
      leases.expire();
      await Promise.all(
        [...held].map(async ([name, lease]) => {
          try {
            await renewOne(name, lease);
          } catch (error) {
            log.warn(
              { lease: name, reason: messageOf(error) },
              'lease not renewed, will retry until it runs out',
            );
          }
        }),
      );
      leases.expire();
    },
    observe: (name, revision) => void isDead(name, revision),
    expire() {
      for (const [name, lease] of held) if (now() >= lease.until) lose(name);
    },
    async release(name) {
      const lease = held.get(name);
      if (lease === undefined) return;
      held.delete(name);
      try {
        await kv.update(name, free, lease.revision);
      } catch (error) {
        if (!(error instanceof WrongRevision)) throw error; // taken by somebody else already: as good as released
      }
    },
  };
  return leases;
}
