import type { EventDraft, Product } from '@proxmox-mcp/schemas';
import type { Upid } from '../upid/parse-upid.ts';
import { BadTaskRow, draftOfRow, readTaskRow, type TaskRow } from './task-row.ts';

/** A task list, read: what could be understood, and how many rows could not. */
export interface TaskList {
  readonly rows: readonly TaskRow[];
  readonly rejected: number;
}

/** More rows than any list Proxmox gives in one answer. */
const MAX_ROWS = 20_000;

/** Reads the rows of a task list; bad ones are counted, not thrown. */
export function readTaskList(rows: readonly unknown[], product: Product): TaskList {
  const read: TaskRow[] = [];
  let rejected = Math.max(0, rows.length - MAX_ROWS);
  for (const row of rows.slice(0, MAX_ROWS)) {
    try {
      read.push(readTaskRow(row, product));
    } catch (error) {
      if (!(error instanceof BadTaskRow)) throw error;
      rejected += 1;
    }
  }
  return { rows: read, rejected };
}

/** What happened between two polls of a task list. */
export interface TaskListDiff {
  readonly events: readonly EventDraft[];
  /** Running before and not in the list now: to be resolved by status, archive or log, never assumed. */
  readonly vanished: readonly Upid[];
}

/** Compares two polls. A task that both began and ended in between gives its end only, as the list itself shows it. */
export function diffTaskLists(previous: readonly TaskRow[], current: readonly TaskRow[]): TaskListDiff {
  const before = new Map(previous.map((row) => [row.upid.text, row]));
  const seen = new Set<string>();
  const events: EventDraft[] = [];
  for (const row of current) {
    const key = row.upid.text;
    if (seen.has(key)) continue;
    seen.add(key);
    const known = before.get(key);
    if (known === undefined || (known.end === undefined && row.end !== undefined))
      events.push(draftOfRow(row));
  }
  const vanished = previous
    .filter((row) => row.end === undefined && !seen.has(row.upid.text))
    .map((row) => row.upid);
  return { events, vanished };
}
