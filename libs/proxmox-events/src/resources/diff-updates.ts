import { isRecord } from '../input.ts';
import { known, said, tellOf, type ConditionDiff, type Whose } from './condition-diff.ts';

/** Packages that can be upgraded, with the version they have and the one they would get. Plain JSON, fit to be stored. */
export type UpdateSnapshot = Readonly<
  Record<string, { readonly installed: string | null; readonly available: string }>
>;

const MAX_PACKAGES = 2_000;
/** In one event; `count` has them all. */
const MAX_LISTED = 500;

/** Reads `apt/update` of either product, raw or as the client gives it. */
export function readUpdates(rows: readonly unknown[]): UpdateSnapshot {
  const found = rows.slice(0, MAX_PACKAGES).flatMap((row): [string, UpdateSnapshot[string]][] => {
    if (!isRecord(row)) return [];
    const name = said(row['Package'] ?? row['name'], 100);
    const available = said(row['Version'] ?? row['version'], 200);
    if (name === undefined || available === undefined) return [];
    return [[name, { installed: said(row['OldVersion'] ?? row['oldVersion'], 200) ?? null, available }]];
  });
  return Object.fromEntries(found);
}

/** One event when something can be upgraded that could not before; packages that were upgraded are none. */
export function diffUpdates(
  before: UpdateSnapshot,
  after: UpdateSnapshot,
  whose: Whose,
): ConditionDiff<UpdateSnapshot> {
  const all = Object.entries(after);
  const isNew = all.some(([name, { available }]) => known(before, name)?.available !== available);
  if (!isNew) return { events: [], next: after };
  const packages = all
    .slice(0, MAX_LISTED)
    .map(([name, { installed, available }]) => ({ name, installed, available }));
  const facts = { count: all.length, packages };
  return { events: [tellOf(whose)('node.updates.available', 'updates', facts)], next: after };
}
