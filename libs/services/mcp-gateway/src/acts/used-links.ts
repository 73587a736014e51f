import { type KeyValue, WrongRevision } from '@proxmox-mcp/bus';
import type { Act } from '@proxmox-mcp/service-kit';

const PREFIX = 'used';

/** Which links were used: a key each in the `ACTS` key-value, kept until the link would have expired anyway. */
export interface UsedLinks {
  has(act: Act): Promise<boolean>;
  /** Takes the one use. @returns `false` when it was taken. */
  take(act: Act): Promise<boolean>;
  /** Gives the use back, because nothing came of it. */
  giveBack(act: Act): Promise<void>;
  /** Forgets links that have expired. @param now milliseconds since the epoch. */
  prune(now: number): Promise<void>;
}

/** Keeps used links in a bucket; the first of several gateways wins. */
export function createUsedLinks(acts: KeyValue): UsedLinks {
  const keyOf = ({ nonce }: Act) => `${PREFIX}.${nonce}`;
  return {
    has: async (act) => (await acts.get(keyOf(act))) !== undefined,
    async take(act) {
      try {
        await acts.create(keyOf(act), String(act.expiresAt));
        return true;
      } catch (error) {
        if (error instanceof WrongRevision) return false;
        throw error;
      }
    },
    giveBack: (act) => acts.delete(keyOf(act)),
    async prune(now) {
      const entries = await acts.list(PREFIX);
      for (const { key, value } of entries) if (Number(value) <= now) await acts.delete(key);
    },
  };
}
