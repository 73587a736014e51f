import { createHostIndex } from '@proxmox-mcp/proxmox-events';
import type { Inventory, NormalizeResult } from '@proxmox-mcp/schemas';
import { normalizeMail } from './normalize.ts';
import { parseMail } from './parse.ts';

export interface NormalizeInputOptions {
  /** `peer`: address of the host that delivered the mail. */
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
  const peer = context?.['peer'];
  return normalizeMail(mail, {
    index,
    ...(inventory === undefined ? {} : { senders: { allowedFrom: inventory.email?.allowed_from, index } }),
    ...(typeof peer === 'string' ? { peer } : {}),
  });
}
