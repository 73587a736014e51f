import { type KeyValue, WrongRevision } from '@proxmox-mcp/bus';
import { DeliveryReceipt } from '@proxmox-mcp/schemas';

/** The DELIVERIES key-value: what became of each notification, one key per idempotency key. */
export interface Receipts {
  get(id: string): Promise<DeliveryReceipt | undefined>;
  /** Writes the first receipt of a notification. @returns `false` when there is one already: nothing was changed. */
  create(receipt: DeliveryReceipt): Promise<boolean>;
  put(receipt: DeliveryReceipt): Promise<void>;
  /** All receipts; those that cannot be read are left out. */
  list(): Promise<DeliveryReceipt[]>;
  delete(id: string): Promise<void>;
}

/** Reads and writes receipts in a bucket. */
export function createReceipts(kv: KeyValue): Receipts {
  return {
    async get(id) {
      const entry = await kv.get(id);
      return entry === undefined ? undefined : read(entry.value);
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
      return entries.flatMap((entry) => read(entry.value) ?? []);
    },
    delete: (id) => kv.delete(id),
  };
}

function read(value: string): DeliveryReceipt | undefined {
  try {
    return DeliveryReceipt.safeParse(JSON.parse(value)).data;
  } catch {
    return undefined;
  }
}
