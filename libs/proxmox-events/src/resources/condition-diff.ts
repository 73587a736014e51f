import type { EventDraft, GuestRef, Product } from '@proxmox-mcp/schemas';
import { oneLine } from '../text.ts';
import { conditionDraft } from './condition-draft.ts';

/** What two answers of one endpoint tell together, and what to compare the next one with. */
export interface ConditionDiff<Seen> {
  readonly events: readonly EventDraft[];
  readonly next: Seen;
}

/** Whose answers are compared. */
export interface Whose {
  readonly product: Product;
  /** The machine that answered; absent where the answer is about a cluster. */
  readonly node?: string;
}

/** Makes the events of one comparison. */
export type Tell = (
  type: string,
  /** Tells apart what happens to two things of one node at the same time: a serial, a pool and device, a file name. */
  subject: string,
  facts: Readonly<Record<string, unknown>>,
  guest?: GuestRef,
) => EventDraft;

/**
 * Events of `whose`. Their `identity` is the subject alone: answers of the API have no time of their own, so whoever polls adds
 * when it was seen.
 */
export function tellOf({ product, node }: Whose): Tell {
  return (type, subject, facts, guest) => ({
    ...conditionDraft(
      type,
      { ...(node !== undefined && { node }), ...(guest && { guest }) },
      Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)),
      product,
    ),
    identity: subject,
  });
}

/** Short text of an answer; what is no text says nothing. */
export function said(value: unknown, maxChars = 255): string | undefined {
  return typeof value === 'string' ? oneLine(value, maxChars) || undefined : undefined;
}

/** An own entry of a record that came from outside: `constructor` is a name like any other. */
export function known<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
