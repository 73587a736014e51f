import type { StreamName } from '@proxmox-mcp/schemas';

/** What the bus keeps. */
export interface Retention {
  /** Older messages go. Default 7 days. */
  readonly maxAgeMs: number;
  /** Bytes of all streams together; each has its part, and of each the oldest go. Default 1 GB. */
  readonly maxBytes: number;
}

export const DEFAULT_RETENTION: Retention = { maxAgeMs: 7 * 86_400_000, maxBytes: 1_000_000_000 };

// Events are the many; facts are fewer than the events they come from. Raw inputs are on their way to the history only.
const PARTS: Partial<Record<StreamName, number>> = { EVENTS: 0.5, FACTS: 0.2, RAW: 0.06 };
const OTHER_PART = 0.04;

/** The part of the bytes that a stream may use. */
export function bytesOf(stream: StreamName, maxBytes: number): number {
  return Math.floor(maxBytes * (PARTS[stream] ?? OTHER_PART));
}
