import type { EventDraft, Inventory, InventorySource, NormalizeResult, Product } from '@proxmox-mcp/schemas';
import { clusterOf } from './inventory/host-index.ts';

/** What a normalizer may know besides the bytes. */
export interface NormalizeOptions {
  /** What the adapter knows: `product`, `node`, `upid`, `task_running`… (a case's `.context.json`). */
  readonly context?: Readonly<Record<string, unknown>>;
  readonly inventory?: Inventory;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
}

/** A cluster of a thousand guests answers with half a megabyte. */
const MAX_BYTES = 32 * 1024 * 1024;

/** An answer of the API as JSON, without its `data` envelope; or the refusal. */
export function readJson(raw: Buffer): { readonly value: unknown } | { readonly refusal: NormalizeResult } {
  if (raw.length > MAX_BYTES)
    return {
      refusal: {
        reject: true,
        reason: 'too-large',
        detail: `${raw.length} bytes are more than ${MAX_BYTES}`,
      },
    };
  try {
    return { value: JSON.parse(raw.toString('utf8')) };
  } catch {
    // The parser's message quotes the input, which is nobody's business.
    return { refusal: { reject: true, reason: 'invalid-json' } };
  }
}

/** The `data` of an answer; the value itself where it has no envelope. */
export function unwrap(value: unknown): unknown {
  return isRecord(value) && 'data' in value ? value['data'] : value;
}

/** Whether the value is an object that is no list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Adds the cluster where the inventory or the context tells it. */
export function withCluster(draft: EventDraft, options: NormalizeOptions): EventDraft {
  if (draft.cluster !== undefined) return draft;
  const said = options.context?.['cluster'];
  if (typeof said === 'string') return { ...draft, cluster: said };
  const source =
    draft.node === undefined ? undefined : sourceOf(options.inventory, draft.product, draft.node);
  return source ? { ...draft, cluster: clusterOf(source, draft.node) } : draft;
}

function sourceOf(
  inventory: Inventory | undefined,
  product: Product,
  node: string,
): InventorySource | undefined {
  return inventory?.sources.find((s) => s.product === product && s.nodes.some((n) => n.name === node));
}
