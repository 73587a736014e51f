import type { EventDraft, NormalizeResult } from '@proxmox-mcp/schemas';
import { withCluster, type NormalizeOptions } from '../input.ts';
import { createLocalClock } from '../local-clock.ts';
import { severityOf } from '../severity.ts';
import { outcomeOf } from '../task/outcome.ts';
import { taskBase, taskDraft } from '../task/task-draft.ts';
import { parseUpid, type Upid } from '../upid/parse-upid.ts';
import { familyOf } from '../upid/worker-types.ts';
import { isPlaceholder, readLogLines } from './log-lines.ts';
import { present, type LogReading } from './log-reading.ts';
import { readLogTail } from './log-tail.ts';
import { readPbsLines } from './pbs-lines.ts';
import { readGeneric } from './read-generic.ts';
import { readMigrate } from './read-migrate.ts';
import { readPbs } from './read-pbs.ts';
import { readReplication } from './read-replication.ts';
import { readVzdump } from './read-vzdump.ts';

/**
 * Reads a task's log, or that of a replication job. The context says whose it is: `upid` and `task_running`, and `endtime`
 * (epoch seconds) where a list told it; or `node` and `replication_job`. A running task yields its progress, an ended one its
 * end with everything the log tells.
 */
export function normalizeTaskLog(raw: Buffer, options: NormalizeOptions): NormalizeResult {
  const { lines, sanitized, truncated } = readLogLines(raw);
  if (isPlaceholder(lines)) return { ignore: true, reason: 'placeholder-line' };
  const context = options.context ?? {};
  const marks = present({ sanitized: sanitized || undefined, truncated: truncated || undefined });
  if (typeof context['replication_job'] === 'string') {
    const node = typeof context['node'] === 'string' ? context['node'] : undefined;
    const zone = options.inventory?.sources.find((source) =>
      source.nodes.some(({ name }) => name === node),
    )?.timezone;
    const clock = zone === undefined ? undefined : createLocalClock(zone);
    return finish(readReplication(lines, context['replication_job'], node, clock), marks, options);
  }
  const upid = parseUpid(context['upid']);
  if (!upid) return { reject: true, reason: 'bad-upid', detail: 'a task log needs the UPID of its task' };
  if (context['product'] !== undefined && context['product'] !== upid.product)
    return { reject: true, reason: 'upid-mismatch', detail: 'product contradicts the UPID' };
  const draft = draftOfLog(upid, lines, context);
  return finish(draft === undefined ? { events: [] } : { events: [draft] }, marks, options);
}

function draftOfLog(
  upid: Upid,
  lines: readonly string[],
  context: Readonly<Record<string, unknown>>,
): EventDraft | undefined {
  const stamped = upid.product === 'pbs' ? readPbsLines(lines) : undefined;
  const texts = stamped?.map((line) => line.text) ?? lines;
  const running = context['task_running'] === true;
  const tail = running ? undefined : readLogTail(texts);
  // Without a last word, and not said to have stopped, the task counts as running.
  const ended = tail !== undefined || context['task_running'] === false;
  const silent = upid.product === 'pbs' ? 'unknown' : 'unexpected status';
  const status = ended ? (tail?.status ?? silent) : undefined;
  const reading = readLog(upid, texts, tail?.index, status);
  const lastStamp = stamped?.findLast((line) => line.at !== undefined)?.at;
  if (status === undefined) return progressDraft(upid, reading, lines.length, lastStamp);
  const endtime = typeof context['endtime'] === 'number' ? context['endtime'] : lastStamp;
  const end = taskDraft(upid, { status, endtime });
  return {
    ...end,
    ...(reading.guest &&
      (end.guest === undefined || end.guest.vmid === reading.guest.vmid) && { guest: reading.guest }),
    ...(end.storage === undefined && reading.storage !== undefined && { storage: reading.storage }),
    // The status is the last word on the error; a log's own error stands only where the status has none.
    facts: { ...reading.facts, ...end.facts, ...keepKnown(reading.facts, end.facts) },
    identity: `${upid.text}/ended/log`,
  };
}

function readLog(
  upid: Upid,
  texts: readonly string[],
  tailIndex: number | undefined,
  status: string | undefined,
): LogReading {
  const family = familyOf(upid.product, upid.type);
  const before = tailIndex === undefined ? texts : texts.slice(0, tailIndex);
  if (upid.product === 'pbs') return readPbs(family, before);
  const isError = status !== undefined && outcomeOf(status).outcome === 'failed';
  const generic = readGeneric(before, isError && tailIndex !== undefined);
  if (upid.type === 'vzdump') return merged(readVzdump(before, status), generic);
  if (family === 'guest.migrate') return merged(readMigrate(before), generic);
  return generic;
}

/** A specific reading with the warnings of the generic one; the last line means nothing where every line is understood. */
function merged(reading: LogReading, generic: LogReading): LogReading {
  const { detail: _detail, ...rest } = generic.facts;
  return { ...reading, facts: { ...rest, ...reading.facts } };
}

/** A migration's own duration is exact; that of the lists is up to ten seconds long. */
function keepKnown(found: LogReading['facts'], ended: EventDraft['facts']): Record<string, unknown> {
  return present({
    duration_s: found['duration_s'] ?? ended['duration_s'],
    job_id: found['job_id'] ?? ended['job_id'],
    namespace: found['namespace'] ?? ended['namespace'],
  });
}

function progressDraft(
  upid: Upid,
  { progress, storage }: LogReading,
  lineCount: number,
  at: number | undefined,
): EventDraft | undefined {
  if (!progress) return undefined;
  const base = taskBase(upid, 'progress');
  const type = progress.family === undefined ? base.type : `${progress.family}.progress`;
  return {
    ...base,
    type,
    severity: severityOf(type),
    ...(progress.guest && { guest: progress.guest }),
    ...(base.storage === undefined && storage !== undefined && { storage }),
    ...(at !== undefined && { at }),
    facts: { ...base.facts, ...progress.facts },
    identity: `${upid.text}/progress/${lineCount}`,
  };
}

function finish(
  result: NormalizeResult,
  marks: Record<string, unknown>,
  options: NormalizeOptions,
): NormalizeResult {
  if (!('events' in result)) return result;
  const events = result.events.map((event) =>
    withCluster({ ...event, facts: { ...event.facts, ...marks } }, options),
  );
  return { ...result, events };
}
