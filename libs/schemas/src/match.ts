import * as z from 'zod';
import type { Entity } from './entity.ts';
import { Severity, compareSeverity } from './severity.ts';

const one = z.union([z.string().min(1).max(200), z.array(z.string().min(1).max(200)).min(1).max(200)]);

/**
 * Picks objects and incidents: every key that is given must fit, of a list any item. Names take `*` for any run of characters. The
 * one way to say "which" in rule overrides, routes, silences and maintenance windows.
 */
export const Match = z.strictObject({
  cluster: one.optional(),
  node: one.optional(),
  /** VMID, or the guest's name. */
  guest: z.union([one, z.int(), z.array(z.union([z.string(), z.int()])).max(200)]).optional(),
  /** PVE storage or PBS datastore. */
  storage: one.optional(),
  /** A tag of the guest, as Proxmox has it. */
  tag: one.optional(),
  pool: one.optional(),
  product: one.optional(),
  /** Type of what is wrong: `backup.*`. */
  condition: one.optional(),
  /** This bad or worse. */
  minSeverity: Severity.optional(),
  /** This bad or milder. */
  maxSeverity: Severity.optional(),
});
export type Match = z.infer<typeof Match>;

/** What can be picked: an incident, or an object of the lab. */
export interface Matchable extends Entity {
  readonly product?: string | undefined;
  readonly condition?: string | undefined;
  readonly severity?: Severity | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly pool?: string | undefined;
}

/** Whether a match picks an object. A key about something that the object does not have does not fit. Linear in the names. */
export function matches(match: Match, object: Matchable): boolean {
  const { guest } = object;
  const guestNames = guest === undefined ? [] : [String(guest.vmid), guest.name ?? ''];
  return (
    fits(match.cluster, object.cluster) &&
    fits(match.node, object.node) &&
    fitsAny(match.guest, guestNames) &&
    fits(match.storage, object.storage) &&
    fitsAny(match.tag, object.tags ?? []) &&
    fits(match.pool, object.pool) &&
    fits(match.product, object.product) &&
    fits(match.condition, object.condition) &&
    isWithin(match, object.severity)
  );
}

function isWithin({ minSeverity, maxSeverity }: Match, severity: Severity | undefined): boolean {
  if (minSeverity === undefined && maxSeverity === undefined) return true;
  if (severity === undefined) return false;
  return (
    (minSeverity === undefined || compareSeverity(severity, minSeverity) >= 0) &&
    (maxSeverity === undefined || compareSeverity(severity, maxSeverity) <= 0)
  );
}

type Wanted = string | number | readonly (string | number)[] | undefined;

function fits(wanted: Wanted, name: string | undefined): boolean {
  return fitsAny(wanted, name === undefined ? [] : [name]);
}

function fitsAny(wanted: Wanted, names: readonly string[]): boolean {
  if (wanted === undefined) return true;
  const patterns = (Array.isArray(wanted) ? wanted : [wanted]).map(String);
  return names.some((name) => name !== '' && patterns.some((pattern) => globFits(pattern, name)));
}

/** `*` is any run of characters; nothing else is special. Without backtracking: each part is looked for once, from the left. */
export function globFits(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === text;
  if (!text.startsWith(first)) return false;
  let from = first.length;
  for (const part of rest) {
    const at = text.indexOf(part, from);
    if (at === -1) return false;
    from = at + part.length;
  }
  return text.length - last.length >= from && text.endsWith(last);
}
