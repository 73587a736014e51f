import type { DatabaseSync } from 'node:sqlite';
import type { StreamName } from '@proxmox-mcp/schemas';
import type { BusLog } from '../shared/log.ts';
import { bytesOf, type Retention } from '../shared/retention.ts';
import type { Durable } from './durable.ts';
import { leastFloor } from './durable-table.ts';
import type { StreamLog } from './log.ts';

const LIMIT_FOR_UNREAD = 4;
const ONE_SLICE = 1_000;

/**
 * Deletes one slice of what is past retention from every stream, in one transaction.
 *
 * @returns rows deleted, and whether another slice is worth it.
 */
export function trimLogs(options: {
  readonly db: DatabaseSync;
  readonly logs: ReadonlyMap<StreamName, StreamLog>;
  /** Those consumed now. */
  readonly durables: readonly Durable[];
  readonly retention: Retention;
  readonly at: number;
  readonly log: BusLog;
}): { readonly deleted: number; readonly more: boolean } {
  const { db, logs, retention, at, log } = options;
  let deleted = 0;
  let more = false;
  try {
    db.exec('BEGIN');
    for (const durable of options.durables) durable.touch();
    for (const [stream, rows] of logs) {
      const passed = leastFloor(db, stream, at - retention.maxAgeMs) ?? rows.last();
      const maxBytes = bytesOf(stream, retention.maxBytes);
      const ripe = rows.trim(passed, { maxAgeMs: retention.maxAgeMs, maxBytes }, at);
      const unread = rows.trim(
        rows.last(),
        { maxAgeMs: Infinity, maxBytes: maxBytes * LIMIT_FOR_UNREAD },
        at,
      );
      if (unread > 0)
        log.error({ stream, unread }, 'messages deleted unread: the log is four times over its limit');
      deleted += ripe + unread;
      more ||= Math.max(ripe, unread) > ONE_SLICE;
    }
    db.exec('COMMIT');
  } catch (err) {
    if (db.isTransaction) db.exec('ROLLBACK');
    log.warn({ err }, 'the log was not trimmed, will retry');
    return { deleted: 0, more: false };
  }
  return { deleted, more };
}
