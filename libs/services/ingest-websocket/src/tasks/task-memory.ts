import { familyOf, parseUpid, type TaskRow, type Upid } from '@proxmox-mcp/proxmox-events';
import type { SeenDraft } from '../seen/seen-draft.ts';
import { seenTask } from '../seen/seen-task.ts';

/** What is remembered of a host's tasks, across restarts. Plain JSON. */
export interface TaskMemory {
  /** A list was read before: from now on, what is new has happened. */
  readonly isKnown: boolean;
  /** Epoch seconds of the first list: the horizon of nodes that could not be asked then. */
  readonly since: number;
  /** UPIDs of running tasks → epoch milliseconds we first saw them. */
  readonly running: Readonly<Record<string, number>>;
  /** UPIDs whose end was told → [end in epoch seconds, our epoch milliseconds when told]. */
  readonly ended: Readonly<Record<string, readonly [end: number, toldAt: number]>>;
  /** Node → epoch seconds by its own clock: everything that ended earlier was told, or was there before us. */
  readonly horizon: Readonly<Record<string, number>>;
  /** Ended tasks whose log is still to be told. */
  readonly logsDue: Readonly<Record<string, { readonly endtime?: number }>>;
}

/** A step of the memory, with what it has to tell. */
export interface TaskStep {
  readonly next: TaskMemory;
  readonly drafts: readonly SeenDraft[];
}

/** The memory of a host never seen before. */
export const NOTHING_KNOWN: TaskMemory = {
  isKnown: false,
  since: 0,
  running: {},
  ended: {},
  horizon: {},
  logsDue: {},
};

const MAX_RUNNING = 5_000;
const MAX_ENDED = 10_000;
const MAX_LOGS_DUE = 200;
/** Ends are noticed out of order by some seconds: told ones are kept this long behind the horizon. */
const HORIZON_MARGIN_S = 300;
const KEEP_TOLD_MS = 15 * 60_000;
/** A node lists 25 finished tasks at most; when so many of them are new at once, more may have passed unseen. */
const TURNED_OVER = 15;

/** What one answer of a task list tells. */
export interface ListStep extends TaskStep {
  /** Known as running and not listed: to be asked for, one by one. */
  readonly vanished: readonly Upid[];
  /** Nodes whose list is all new: the archive knows what it does not show. */
  readonly turnedOver: readonly string[];
}

/** Compares a task list with the memory. The first list ever is what is, not what happened. */
export function foldList(memory: TaskMemory, rows: readonly TaskRow[], nowMs: number): ListStep {
  const writer = new Writer(memory, nowMs);
  const listed = new Set<string>();
  const perNode = new Map<string, { ended: number; fresh: number }>();
  for (const row of rows) {
    const key = row.upid.text;
    if (listed.has(key)) continue;
    listed.add(key);
    if (!memory.isKnown) {
      writer.adopt(row);
      continue;
    }
    const count = perNode.get(row.upid.node) ?? { ended: 0, fresh: 0 };
    perNode.set(row.upid.node, count);
    if (row.end) count.ended += 1;
    if (row.end ? writer.ended(row) : writer.running(row)) if (row.end) count.fresh += 1;
  }
  const vanished = Object.keys(memory.running).flatMap((text) =>
    listed.has(text) ? [] : (parseUpid(text) ?? []),
  );
  const turnedOver = [...perNode].flatMap(([node, { ended, fresh }]) =>
    ended >= TURNED_OVER && fresh === ended ? [node] : [],
  );
  return { ...writer.done({ isKnown: true }), vanished, turnedOver };
}

/** What one page of a node's archive tells. */
export interface ArchiveStep extends TaskStep {
  /** Rows at the end of the page, without a gap, that were known. */
  readonly knownAtEnd: number;
}

/** Compares a page of a node's archive, newest end first, with the memory. */
export function foldArchive(memory: TaskMemory, rows: readonly TaskRow[], nowMs: number): ArchiveStep {
  const writer = new Writer(memory, nowMs);
  let knownAtEnd = 0;
  const fresh: TaskRow[] = [];
  for (const row of rows) {
    if (writer.isNews(row)) {
      fresh.push(row);
      knownAtEnd = 0;
    } else knownAtEnd += 1;
  }
  for (const row of fresh.reverse()) writer.ended(row);
  return { ...writer.done({}), knownAtEnd };
}

/** The newest end an archive shows. */
export interface NewestEnd {
  readonly node: string;
  readonly end: number;
}

/** The newest end of the first page of an archive; `undefined` when nothing in it has ended. */
export function newestOf(rows: readonly TaskRow[]): NewestEnd | undefined {
  const row = rows.find((one) => one.end?.endtime !== undefined);
  return row?.end?.endtime === undefined ? undefined : { node: row.upid.node, end: row.end.endtime };
}

/** Remembers that a node's archive was read to where it was known: what ended before needs no remembering. */
export function closeArchive(memory: TaskMemory, { node, end }: NewestEnd, isBaseline: boolean): TaskMemory {
  const reached = isBaseline ? end : end - HORIZON_MARGIN_S;
  const known = memory.horizon[node];
  if (known !== undefined && known >= reached) return memory;
  return { ...memory, horizon: { ...memory.horizon, [node]: reached } };
}

/** A task's own status, or its log, says how it ended. Known ends are not told again. */
export function foldEnd(memory: TaskMemory, row: TaskRow, nowMs: number): TaskStep {
  const writer = new Writer(memory, nowMs);
  // PVE's status does not say when: the moment we noticed is as good as the lists' own noticing.
  writer.ended(row, row.end?.endtime === undefined ? Math.floor(nowMs / 1000) : undefined);
  return writer.done({});
}

/** The log of an ended task was told, or there is none. */
export function logTold(memory: TaskMemory, upid: string): TaskMemory {
  if (!Object.hasOwn(memory.logsDue, upid)) return memory;
  const { [upid]: _told, ...logsDue } = memory.logsDue;
  return { ...memory, logsDue };
}

/** Whether the log of a task that ended so tells more than its status: always for backups and migrations, else for trouble. */
export function isLogWorthReading(upid: Upid, outcome: string): boolean {
  const family = familyOf(upid.product, upid.type);
  if (family === 'console.session') return false;
  if (outcome !== 'succeeded') return true;
  return (
    family === 'backup.job' ||
    family === 'guest.migrate' ||
    (upid.product === 'pbs' && family !== 'backup.snapshot' && family.startsWith('backup.'))
  );
}

/** Collects the changes of one step; the memory it starts from stays as it is. */
class Writer {
  readonly #memory: TaskMemory;
  readonly #nowMs: number;
  readonly #running: Record<string, number>;
  readonly #ended: Record<string, readonly [number, number]>;
  readonly #logsDue: Record<string, { endtime?: number }>;
  readonly #drafts: SeenDraft[] = [];
  #changed = false;

  constructor(memory: TaskMemory, nowMs: number) {
    this.#memory = memory;
    this.#nowMs = nowMs;
    this.#running = { ...memory.running };
    this.#ended = { ...memory.ended };
    this.#logsDue = { ...memory.logsDue };
  }

  /** Takes a row of the very first list for granted. */
  adopt(row: TaskRow): void {
    this.#changed = true;
    if (row.end) this.#ended[row.upid.text] = this.#stamp(row);
    else this.#running[row.upid.text] = this.#nowMs;
  }

  /** @returns whether the start is news. */
  running(row: TaskRow): boolean {
    const key = row.upid.text;
    // A list a moment older than what the task itself said.
    if (Object.hasOwn(this.#running, key) || Object.hasOwn(this.#ended, key)) return false;
    this.#running[key] = this.#nowMs;
    this.#drafts.push(seenTask(row));
    this.#changed = true;
    return true;
  }

  /** Whether the end of this row was not told yet. */
  isNews(row: TaskRow): boolean {
    const key = row.upid.text;
    if (!row.end || Object.hasOwn(this.#ended, key)) return false;
    if (Object.hasOwn(this.#running, key)) return true;
    const horizon = this.#memory.horizon[row.upid.node] ?? this.#memory.since;
    return (row.end.endtime ?? Number.POSITIVE_INFINITY) > horizon;
  }

  /** @param noticedAt epoch seconds, where the row does not say when. @returns whether the end is news. */
  ended(row: TaskRow, noticedAt?: number): boolean {
    if (!this.isNews(row) || !row.end) return false;
    const key = row.upid.text;
    delete this.#running[key];
    this.#ended[key] = this.#stamp(row);
    const draft = seenTask(row, noticedAt);
    this.#drafts.push(draft);
    if (isLogWorthReading(row.upid, draft.type.slice(draft.type.lastIndexOf('.') + 1)))
      this.#logsDue[key] = row.end.endtime === undefined ? {} : { endtime: row.end.endtime };
    this.#changed = true;
    return true;
  }

  done(also: Partial<TaskMemory>): TaskStep {
    const isKnown = also.isKnown ?? this.#memory.isKnown;
    if (!this.#changed && isKnown === this.#memory.isKnown) return { next: this.#memory, drafts: [] };
    const next: TaskMemory = {
      isKnown,
      since: this.#memory.isKnown ? this.#memory.since : Math.floor(this.#nowMs / 1000),
      horizon: this.#memory.horizon,
      running: newest(this.#running, MAX_RUNNING),
      ended: newest(this.#stillNeeded(), MAX_ENDED),
      logsDue: newest(this.#logsDue, MAX_LOGS_DUE),
    };
    return { next, drafts: this.#drafts };
  }

  #stamp(row: TaskRow): readonly [number, number] {
    return [row.end?.endtime ?? Math.floor(this.#nowMs / 1000), this.#nowMs];
  }

  /** What ended well before the horizon is known by its time alone. */
  #stillNeeded(): Record<string, readonly [number, number]> {
    return Object.fromEntries(
      Object.entries(this.#ended).filter(([text, [end, toldAt]]) => {
        const node = text.split(':', 2)[1] ?? '';
        const horizon = this.#memory.horizon[node];
        return horizon === undefined || end >= horizon || toldAt > this.#nowMs - KEEP_TOLD_MS;
      }),
    );
  }
}

/** The last `max` entries: keys of a record keep the order in which they were added. */
function newest<T>(record: Record<string, T>, max: number): Record<string, T> {
  const entries = Object.entries(record);
  return entries.length <= max ? record : Object.fromEntries(entries.slice(-max));
}
