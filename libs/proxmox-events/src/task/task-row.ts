import type { EventDraft, Product } from '@proxmox-mcp/schemas';
import { parseUpid, type Upid } from '../upid/parse-upid.ts';
import { taskDraft, type TaskEnd } from './task-draft.ts';

/** One row of a task list or a status answer, understood; all shapes of PROXMOX §A.6, §A.7. */
export interface TaskRow {
  readonly upid: Upid;
  /** `undefined` while the task runs. */
  readonly end?: TaskEnd;
}

/** Why a row was refused. */
export class BadTaskRow extends Error {
  override readonly name = 'BadTaskRow';
  readonly reason: 'bad-upid' | 'upid-mismatch' | 'wrong-product' | 'not-a-task';
  constructor(reason: BadTaskRow['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/**
 * Reads a row of any task list, or the `data` of a status answer.
 *
 * @throws {BadTaskRow} no UPID, one of the other product, or fields that contradict the UPID.
 */
export function readTaskRow(row: unknown, product: Product): TaskRow {
  if (!isRecord(row)) throw new BadTaskRow('not-a-task', 'row is not an object');
  const upid = parseUpid(row['upid']);
  if (!upid) throw new BadTaskRow('bad-upid', 'row has no well-formed UPID');
  if (upid.product !== product) throw new BadTaskRow('wrong-product', `UPID is not one of ${product}`);
  const odd = contradiction(row, upid);
  if (odd !== undefined) throw new BadTaskRow('upid-mismatch', `field ${odd} contradicts the UPID`);
  const end = endOf(row);
  return { upid, ...(end && { end }) };
}

/** The event a row tells of: the start of a running task, the end of an ended one, which may be noticed without a time. */
export function draftOfRow(row: TaskRow, noticedAt?: number): EventDraft {
  return taskDraft(row.upid, row.end, noticedAt);
}

/** Name of the field that disagrees with the UPID; a row that lies in one field is not believed in any. */
function contradiction(row: Record<string, unknown>, upid: Upid): string | undefined {
  const full = upid.tokenid === undefined ? upid.user : `${upid.user}!${upid.tokenid}`;
  const agree: readonly [string, (value: unknown) => boolean][] = [
    // PBS task lists say "localhost" for every node.
    ['node', (v) => v === upid.node || (upid.product === 'pbs' && v === 'localhost')],
    ['starttime', (v) => Number(v) === upid.starttime],
    ['type', (v) => v === upid.type],
    ['worker_type', (v) => v === upid.type],
    ['id', (v) => text(v) === upid.id],
    ['worker_id', (v) => text(v) === upid.id],
    ['user', (v) => v === upid.user || v === full],
    ['tokenid', (v) => v === upid.tokenid],
  ];
  return agree.find(([key, agrees]) => row[key] !== undefined && !agrees(row[key]))?.[0];
}

function endOf(row: Record<string, unknown>): TaskEnd | undefined {
  const { status, exitstatus } = row;
  const endtime = seconds(row['endtime']);
  // The lists put the exit text into `status`; the status endpoints say running|stopped there and add `exitstatus`.
  if (status === 'stopped' || exitstatus !== undefined) return { status: asText(exitstatus), endtime };
  if (status === 'RUNNING' || status === 'running') return undefined;
  if (status === undefined && endtime === undefined) return undefined;
  return { status: asText(status), endtime };
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function seconds(value: unknown): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number > 0 ? number : undefined;
}

function text(value: unknown): string {
  return value === null
    ? ''
    : typeof value === 'number'
      ? String(value)
      : typeof value === 'string'
        ? value
        : '\0';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
