import type { Api } from './api.ts';
import { ProxmoxError } from './error.ts';
import type { LogLine } from './normalize/node.ts';
import type { Task } from './normalize/task.ts';
import type { TaskApi, TaskRef } from './tasks.ts';

/** What to wait for, and how long. */
export interface WaitForTaskOptions extends TaskRef {
  /** Longest wait, in milliseconds. Default ten minutes. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Called with every line of the log once, in order, as they appear. Without it the log is not read. */
  readonly onLog?: (line: LogLine) => void;
}

/** How a task ended. */
export interface TaskEnd {
  readonly task: Task;
  /** `OK`, `WARNINGS: 2`, or the text of the failure; untrusted. */
  readonly exitStatus: string;
  /** `unknown`: the worker died without a word. */
  readonly outcome: 'succeeded' | 'warned' | 'failed' | 'unknown';
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 4000;
const LOG_PAGE = 500;

/**
 * Waits until a task has ended, polling from every 250 ms to every 4 s. Passing trouble (host busy, node not reachable)
 * is waited out.
 *
 * @throws {ProxmoxError} of kind `task-running` (still running at the end of `timeoutMs`: safe to call again),
 *   `no-such-task`, `aborted`, or whatever the API refuses with.
 */
export async function waitForTask(
  client: Pick<Api, 'name' | 'clock'> & { readonly tasks: TaskApi },
  { upid, node, timeoutMs = 600_000, signal, onLog }: WaitForTaskOptions,
): Promise<TaskEnd> {
  const ref: TaskRef = { upid, ...(node === undefined ? {} : { node }) };
  const options = signal === undefined ? {} : { signal };
  const deadline = client.clock.now() + timeoutMs;
  let from = 0;
  let lastTrouble: ProxmoxError | undefined;

  const passLog = async (): Promise<void> => {
    if (onLog === undefined) return;
    for (;;) {
      const page = await client.tasks.log(ref, { from, limit: LOG_PAGE, ...options });
      page.lines.forEach(onLog);
      from = page.next;
      if (page.lines.length < LOG_PAGE) return;
    }
  };

  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      const task = await client.tasks.status(ref, options);
      // After the status: what was logged before the end is in the log by now.
      await passLog();
      if (!task.isRunning) return ended(task);
    } catch (error) {
      if (!(error instanceof ProxmoxError) || !error.retryable) throw error;
      lastTrouble = error;
    }
    const leftMs = deadline - client.clock.now();
    if (leftMs <= 0) break;
    try {
      await client.clock.sleep(Math.min(pauseMs, leftMs), signal);
    } catch (cause) {
      throw failed(client.name, upid, 'aborted', 'the caller gave up', false, cause);
    }
  }
  throw failed(client.name, upid, 'task-running', `not ended within ${timeoutMs} ms`, true, lastTrouble);
}

function ended(task: Task): TaskEnd {
  const exitStatus = task.exitStatus ?? 'unexpected status';
  return { task, exitStatus, outcome: outcomeOf(exitStatus) };
}

/** Reads an exit status (PROXMOX §B.2). */
function outcomeOf(exitStatus: string): TaskEnd['outcome'] {
  if (exitStatus === 'OK') return 'succeeded';
  if (/^WARNINGS: \d+$/.test(exitStatus)) return 'warned';
  // PVE and PBS, when the worker left no last line.
  return exitStatus === 'unexpected status' || exitStatus === 'unknown' ? 'unknown' : 'failed';
}

function failed(
  host: string,
  upid: string,
  kind: 'aborted' | 'task-running',
  detail: string,
  retryable: boolean,
  cause: unknown,
): ProxmoxError {
  return new ProxmoxError({ kind, host, method: 'GET', path: `/tasks/${upid}`, detail, retryable, cause });
}
