import { WrongRevision, type KeyValue } from '@proxmox-mcp/bus';
import * as z from 'zod';

/** Who writes facts and incidents. */
const Holder = z.object({ owner: z.string(), historyId: z.string(), expiresAt: z.number() });

/** Key in the LEASES bucket. */
const KEY = 'state/writer';

/** A holder that has not renewed for this long is taken for dead. */
export const LEASE_MS = 15_000;

/** The right to be the one replica that writes. */
export interface Lease {
  /**
   * Takes the lease or keeps it.
   *
   * @returns false while another replica with another history holds it.
   * @throws {BusUnavailable} nobody can tell; try again.
   */
  hold(): Promise<boolean>;
  /** Gives it up, so that another need not wait. */
  release(): Promise<void>;
}

/**
 * Makes the lease. A holder with the *same* history file must be dead, because we hold that file's lock: its lease is taken over at
 * once, so that a restart after SIGKILL waits for nothing. One with another history is waited for.
 */
export function createLease(kv: KeyValue, owner: string, historyId: string, now: () => number): Lease {
  return {
    async hold() {
      const entry = await kv.get(KEY);
      const value = JSON.stringify({ owner, historyId, expiresAt: now() + LEASE_MS });
      try {
        if (entry === undefined) await kv.create(KEY, value);
        else if (mayTake(entry.value)) await kv.update(KEY, value, entry.revision);
        else return false;
        return true;
      } catch (err) {
        if (err instanceof WrongRevision) return false;
        throw err;
      }
    },
    async release() {
      const entry = await kv.get(KEY);
      if (entry !== undefined && holderOf(entry.value)?.owner === owner) await kv.delete(KEY);
    },
  };

  function mayTake(value: string): boolean {
    const holder = holderOf(value);
    return (
      holder === undefined ||
      holder.historyId === historyId ||
      holder.owner === owner ||
      holder.expiresAt <= now()
    );
  }
}

function holderOf(value: string): z.infer<typeof Holder> | undefined {
  try {
    return Holder.safeParse(JSON.parse(value)).data;
  } catch {
    // Not JSON: whatever it is, it is no lease of ours.
    return undefined;
  }
}
