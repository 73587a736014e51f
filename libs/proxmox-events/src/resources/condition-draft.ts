import type { EventDraft, Product } from '@proxmox-mcp/schemas';
import { severityOf } from '../severity.ts';

/** An event of a condition, with the severity its type and facts have. */
export function conditionDraft(
  type: string,
  about: Pick<EventDraft, 'cluster' | 'node' | 'guest' | 'storage'>,
  facts: Readonly<Record<string, unknown>>,
  product: Product = 'pve',
): EventDraft {
  return { type, severity: severityOf(type, facts), product, ...about, facts };
}
