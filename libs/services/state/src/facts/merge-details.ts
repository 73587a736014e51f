import type { Event } from '@proxmox-mcp/schemas';

/** One guest of a backup job, as far as the reports tell. */
export interface BackedUpGuest extends Record<string, unknown> {
  readonly vmid: number;
}

/** Words Proxmox puts where the real reason stands elsewhere; they never replace a real one. */
const EMPTY_REASONS: ReadonlySet<string> = new Set([
  'job errors',
  'unexpected status',
  'unknown',
  'migration aborted',
]);

/** Whether a text says why, rather than only that something failed. */
export function saysWhy(error: unknown): error is string {
  return typeof error === 'string' && error !== '' && !EMPTY_REASONS.has(error);
}

/**
 * Merges the typed details of reports, least informed first: the better informed one wins key by key, guests are merged by vmid,
 * and an empty reason never hides a real one.
 */
export function mergeDetails(reports: readonly Event[]): Record<string, unknown> {
  const merged: Record<string, unknown> = {};
  const guests = new Map<number, BackedUpGuest>();
  const errors: Record<string, unknown> = {};
  for (const { facts } of reports) {
    for (const [key, value] of Object.entries(facts)) {
      if (value === undefined || value === null) merged[key] ??= value;
      else if (key === 'guests' && isGuestList(value)) mergeGuests(guests, value);
      else if (key === 'errors' && isRecord(value)) Object.assign(errors, value);
      else if (key !== 'error' || saysWhy(value) || !saysWhy(merged['error'])) merged[key] = value;
    }
  }
  if (Object.keys(errors).length > 0) merged['errors'] = errors;
  if (guests.size > 0) Object.assign(merged, guestDetails(guests, errors));
  return merged;
}

function mergeGuests(guests: Map<number, BackedUpGuest>, list: readonly BackedUpGuest[]): void {
  for (const guest of list) {
    const before = guests.get(guest.vmid);
    const known = Object.entries(guest).filter(
      ([, value]) => value !== undefined && value !== null && value !== 'unknown',
    );
    guests.set(guest.vmid, { ...guest, ...before, ...Object.fromEntries(known), vmid: guest.vmid });
  }
}

function guestDetails(guests: ReadonlyMap<number, BackedUpGuest>, errors: Readonly<Record<string, unknown>>) {
  const list = [...guests.values()]
    .sort((a, b) => a.vmid - b.vmid)
    .map((guest) => {
      const error = guest['error'] ?? errors[String(guest.vmid)];
      return error === undefined ? guest : { ...guest, error };
    });
  const having = (status: string) =>
    list.filter((guest) => guest['status'] === status).map((guest) => guest.vmid);
  return { guests: list, guests_ok: having('ok'), guests_failed: having('err') };
}

function isGuestList(value: unknown): value is readonly BackedUpGuest[] {
  return Array.isArray(value) && value.every((item) => isRecord(item) && typeof item['vmid'] === 'number');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
