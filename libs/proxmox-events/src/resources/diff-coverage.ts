import type { GuestRef } from '@proxmox-mcp/schemas';
import { isRecord } from '../input.ts';
import { said, tellOf, type ConditionDiff, type Whose } from './condition-diff.ts';
import { number } from './snapshot.ts';

/** Guests that no backup job covers, by vmid. Plain JSON, fit to be stored. */
export type CoverageSnapshot = Readonly<
  Record<string, { readonly kind: GuestRef['kind']; readonly name?: string }>
>;

/** What the poller knows of guests besides this answer. */
export interface CoverageGuests {
  /** Needs no backup: a template, or tagged so. */
  readonly isExempt: (vmid: number) => boolean;
  /** Is still there: one that was destroyed has not been covered. */
  readonly exists: (vmid: number) => boolean;
}

const MAX_GUESTS = 50_000;
/** A job that was switched off uncovers all its guests: beyond these one event names them together. */
const MAX_SINGLE = 10;
const MAX_LISTED = 100;

/** Reads `backup-info/not-backed-up`. */
export function readCoverage(rows: readonly unknown[]): CoverageSnapshot {
  const found = rows.slice(0, MAX_GUESTS).flatMap((row): [string, CoverageSnapshot[string]][] => {
    if (!isRecord(row)) return [];
    const vmid = number(row['vmid']);
    if (vmid === undefined || !Number.isSafeInteger(vmid) || vmid < 1) return [];
    const { type } = row;
    const name = said(row['name']);
    const kind = type === 'qemu' || type === 'lxc' ? type : 'unknown';
    return [[String(vmid), { kind, ...(name !== undefined && { name }) }]];
  });
  return Object.fromEntries(found);
}

/** Guests that lost their backup job, or never had one since they are there, and those that got one. */
export function diffCoverage(
  before: CoverageSnapshot,
  after: CoverageSnapshot,
  whose: Whose,
  guests: CoverageGuests = { isExempt: () => false, exists: () => true },
): ConditionDiff<CoverageSnapshot> {
  const uncovered = Object.keys(after).filter((vmid) => !(vmid in before) && !guests.isExempt(Number(vmid)));
  const covered = Object.keys(before).filter(
    (vmid) => !(vmid in after) && !guests.isExempt(Number(vmid)) && guests.exists(Number(vmid)),
  );
  const tell = tellOf(whose);
  const say = (type: string, vmids: readonly string[], rows: CoverageSnapshot) => {
    const refs = vmids.map((vmid): GuestRef => ({ vmid: Number(vmid), kind: 'unknown', ...rows[vmid] }));
    if (refs.length <= MAX_SINGLE)
      return refs.map((guest) => tell(type, String(guest.vmid), { name: guest.name }, guest));
    const listed = refs.slice(0, MAX_LISTED).map(({ vmid, name }) => ({ vmid, ...(name && { name }) }));
    return [tell(type, 'guests', { count: refs.length, guests: listed })];
  };
  return {
    events: [
      ...say('guest.backup.uncovered', uncovered, after),
      ...say('guest.backup.covered', covered, before),
    ],
    next: after,
  };
}
