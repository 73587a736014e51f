import type { Severity } from '@proxmox-mcp/schemas';

/** Severities by rank: the column holds the index, so that "at least warning" is a range. */
export const RANKS: readonly Severity[] = ['info', 'notice', 'warning', 'error', 'critical'];

/** Rank of a severity, 0 to 4. */
export function rankOf(severity: Severity): number {
  return RANKS.indexOf(severity);
}

/** Epoch milliseconds of an ISO timestamp; 0 where it cannot be read. */
export function millis(iso: string): number {
  const ms = Date.parse(iso);
  return Number.isNaN(ms) ? 0 : ms;
}

/** What SQLite wants where TypeScript has `undefined`. */
export function orNull<T extends string | number>(value: T | undefined): T | null {
  return value ?? null;
}
