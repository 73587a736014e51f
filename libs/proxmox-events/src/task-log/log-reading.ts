import type { EventDraft, GuestRef } from '@proxmox-mcp/schemas';

/** What a reader of one kind of log found. */
export interface LogReading {
  /** Details for the event of the task's end. */
  readonly facts: Readonly<Record<string, unknown>>;
  readonly guest?: GuestRef | undefined;
  readonly storage?: string | undefined;
  /** How far the task is; absent where the log tells nothing of it. */
  readonly progress?: LogProgress | undefined;
}

/** How far a running task is. */
export interface LogProgress {
  /** Where it is not that of the task itself: `backup.guest` of a `backup.job`. */
  readonly family?: 'backup.guest';
  readonly guest?: GuestRef | undefined;
  readonly facts: EventDraft['facts'];
}

/** Facts without those that were not found. */
export function present(facts: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}
