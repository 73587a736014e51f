import { ProxmoxError } from '@proxmox-mcp/proxmox-client';
import { normalizeTaskLog, type Upid } from '@proxmox-mcp/proxmox-events';
import type { Journal } from '../cursor/journal.ts';
import type { HostTools } from '../host/host-tools.ts';
import type { SeenDraft } from '../seen/seen-draft.ts';
import { seenLog } from '../seen/seen-log.ts';
import { createTaskLog, type TaskLog } from './task-log.ts';
import { logTold, type TaskMemory } from './task-memory.ts';
import type { TaskPort } from './task-port.ts';

/** Logs of tasks, told as events. */
export interface TaskLogs {
  /** Tells how far a running task is, when that has changed. */
  readonly tellProgress: (upid: Upid) => Promise<void>;
  /** Whether the log of an ended task is due at `nowMs`: not while a failed attempt is fresh. */
  readonly isDue: (upid: string, nowMs: number) => boolean;
  /** Tells what the log of an ended task says; gives up after some attempts. */
  readonly tellEnd: (upid: Upid, endtime: number | undefined) => Promise<void>;
  /** The task is over and its log told, or not wanted. */
  readonly forget: (upid: string) => void;
}

const MAX_ATTEMPTS = 5;
const RETRY_MS = 10_000;
const MAX_FOLLOWED = 64;

export function createTaskLogs(
  tools: Pick<HostTools, 'signal' | 'clock' | 'metrics'>,
  port: Pick<TaskPort, 'log'>,
  journal: Journal<TaskMemory>,
  publish: (drafts: readonly SeenDraft[], atMs: number) => Promise<void>,
): TaskLogs {
  const { signal, clock, metrics } = tools;
  const logs = new Map<string, TaskLog>();
  const told = new Map<string, string>();
  const attempts = new Map<string, { readonly tries: number; readonly nextAt: number }>();

  const logOf = (upid: string): TaskLog => {
    const known = logs.get(upid);
    if (known) return known;
    const oldest = logs.size >= MAX_FOLLOWED ? logs.keys().next().value : undefined;
    if (oldest !== undefined) logs.delete(oldest);
    const log = createTaskLog(port, upid);
    logs.set(upid, log);
    return log;
  };
  const forget = (upid: string) => {
    for (const map of [logs, told, attempts]) map.delete(upid);
  };

  return {
    forget,
    isDue: (upid, nowMs) => (attempts.get(upid)?.nextAt ?? 0) <= nowMs,
    async tellProgress(upid) {
      const draft = draftOf(upid, await logOf(upid.text).read(signal), { task_running: true });
      if (!draft) return;
      const shape = JSON.stringify(draft.facts);
      if (told.get(upid.text) === shape) return;
      await publish([draft], clock.now());
      told.set(upid.text, shape);
    },
    async tellEnd(upid, endtime) {
      const tries = (attempts.get(upid.text)?.tries ?? 0) + 1;
      attempts.set(upid.text, { tries, nextAt: clock.now() + RETRY_MS });
      let draft: SeenDraft | undefined;
      try {
        const context = { task_running: false, ...(endtime !== undefined && { endtime }) };
        draft = draftOf(upid, await logOf(upid.text).read(signal), context);
      } catch (error) {
        const isGone = error instanceof ProxmoxError && error.kind === 'no-such-task';
        if (!isGone && tries < MAX_ATTEMPTS) throw error;
        metrics.logsLost.inc();
      }
      await journal.apply((memory) => ({ next: logTold(memory, upid.text), drafts: draft ? [draft] : [] }));
      forget(upid.text);
    },
  };
}

/** What a log tells, as one draft; `undefined` when it tells nothing. */
function draftOf(upid: Upid, lines: readonly string[], more: Record<string, unknown>): SeenDraft | undefined {
  const context = { upid: upid.text, product: upid.product, ...more };
  const result = normalizeTaskLog(Buffer.from(lines.join('\n')), { context, receivedAt: 0 });
  const draft = 'events' in result ? result.events[0] : undefined;
  return draft && seenLog(draft, lines, context);
}
