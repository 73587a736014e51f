import { createHostIndex } from '@proxmox-mcp/proxmox-events';
import type { Inventory, NormalizeResult } from '@proxmox-mcp/schemas';
import { normalizeMail } from './normalize.ts';
import { parseMail } from './parse.ts';

export interface NormalizeInputOptions {
  /**
   * `peer`: address of the host that delivered the mail. `place` and `delivered_at` (epoch seconds): where and when a mailbox got
   * it, for a mail that says neither who it is nor when it was written. `sender_allowed`: its sender was believed when it came.
   */
  readonly context?: Readonly<Record<string, unknown>>;
  /** Gives the allowed senders too; without it nobody is refused. */
  readonly inventory?: Inventory;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
}

/** Reads a stored mail as the running service would: `proxmox-mcp normalize email FILE`. */
export async function normalizeInput(raw: Buffer, options: NormalizeInputOptions): Promise<NormalizeResult> {
  const { inventory, context } = options;
  const mail = await parseMail(raw);
  if ('reject' in mail) return mail;
  const index = createHostIndex(inventory?.sources ?? []);
  const { peer, place, delivered_at: deliveredAt, sender_allowed: isAllowed } = context ?? {};
  return normalizeMail(mail, {
    index,
    ...(inventory === undefined || isAllowed === true
      ? {}
      : { senders: { allowedFrom: inventory.email?.allowed_from, index } }),
    ...(typeof peer === 'string' ? { peer } : {}),
    ...(typeof place === 'string' ? { place } : {}),
    ...(typeof deliveredAt === 'number' ? { deliveredAt } : {}),
  });
}
