import { type KeyValue, WrongRevision } from '@proxmox-mcp/bus';
import { DeliveryReceipt, Notification } from '@proxmox-mcp/schemas';
import type * as z from 'zod';

/** The DELIVERIES key-value: what became of each notification, one key per idempotency key. */
export interface Receipts {
  get(id: string): Promise<DeliveryReceipt | undefined>;
  /** With its revision, for `replace`. */
  find(id: string): Promise<Found | undefined>;
  /**
   * What became of a notification in the end: the receipt of the one that told it instead, where there is one. At most a few steps,
   * which is longer than any chain of fallbacks.
   */
  followed(id: string): Promise<DeliveryReceipt | undefined>;
  /** Writes the first receipt of a notification. @returns `false` when there is one already: nothing was changed. */
  create(receipt: DeliveryReceipt): Promise<boolean>;
  put(receipt: DeliveryReceipt): Promise<void>;
  /** Writes over what `find` found. @returns `false` when somebody else wrote meanwhile: nothing was changed. */
  replace(found: Found, receipt: DeliveryReceipt): Promise<boolean>;
  /** All receipts; those that cannot be read are left out. */
  list(): Promise<DeliveryReceipt[]>;
  delete(id: string): Promise<void>;
  /** Keeps a notification that was given up, so that it can be sent again. Deleted with its receipt. */
  keep(notification: Notification): Promise<void>;
  kept(id: string): Promise<Notification | undefined>;
}

/** A receipt as it was at a revision. */
export interface Found {
  readonly receipt: DeliveryReceipt;
  readonly revision: number;
}

const MAX_VIA = 8;

/** Reads and writes receipts in a bucket. */
export function createReceipts(kv: KeyValue): Receipts {
  async function find(id: string): Promise<Found | undefined> {
    const entry = await kv.get(id);
    const receipt = entry === undefined ? undefined : read(DeliveryReceipt, entry.value);
    return entry === undefined || receipt === undefined ? undefined : { receipt, revision: entry.revision };
  }
  const get = async (id: string) => (await find(id))?.receipt;
  return {
    get,
    find,
    async followed(id) {
      let receipt = await get(id);
      for (let i = 0; i < MAX_VIA && receipt?.via !== undefined; i++) {
        // Named before it was made: on its way.
        receipt = (await get(receipt.via)) ?? { ...receipt, via: undefined, status: 'pending' };
      }
      return receipt;
    },
    async replace({ revision }, receipt) {
      try {
        await kv.update(receipt.id, JSON.stringify(receipt), revision);
        return true;
      } catch (error) {
        if (error instanceof WrongRevision) return false;
        throw error;
      }
    },
    async create(receipt) {
      try {
        await kv.create(receipt.id, JSON.stringify(receipt));
        return true;
      } catch (error) {
        if (error instanceof WrongRevision) return false;
        throw error;
      }
    },
    async put(receipt) {
      await kv.put(receipt.id, JSON.stringify(receipt));
    },
    async list() {
      const entries = await kv.list();
      return entries.flatMap((entry) => read(DeliveryReceipt, entry.value) ?? []);
    },
    async delete(id) {
      // Few have one, and a deletion leaves a mark of its own on NATS.
      if ((await kv.get(`failed.${id}`)) !== undefined) await kv.delete(`failed.${id}`);
      await kv.delete(id);
    },
    async keep(notification) {
      await kv.put(`failed.${notification.id}`, JSON.stringify(notification));
    },
    async kept(id) {
      const entry = await kv.get(`failed.${id}`);
      return entry === undefined ? undefined : read(Notification, entry.value);
    },
  };
}

function read<S extends z.ZodType>(schema: S, value: string): z.infer<S> | undefined {
  try {
    return schema.safeParse(JSON.parse(value)).data;
  } catch {
    return undefined;
  }
}
