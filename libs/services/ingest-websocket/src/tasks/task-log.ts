import type { TaskPort } from './task-port.ts';

const PAGE = 500;
/** Lines kept of one log: what decides is at its beginning and its end. */
const MAX_LINES = 10_000;
const HEAD = PAGE;

/** The log of one task, read on from where the last look ended. */
export interface TaskLog {
  /** Reads what is new. @returns all lines kept. */
  read(signal: AbortSignal): Promise<readonly string[]>;
}

/** Follows the log of a task; of a long one the middle is skipped. */
export function createTaskLog(port: Pick<TaskPort, 'log'>, upid: string): TaskLog {
  let lines: string[] = [];
  let next = 0;
  return {
    async read(signal) {
      for (;;) {
        const page = await port.log(upid, next, PAGE, signal);
        lines.push(...page.lines.map((line) => line.text));
        next = page.next;
        if (page.lines.length < PAGE) break;
        const ahead = page.total - next;
        if (ahead > MAX_LINES) next = page.total - (MAX_LINES - HEAD);
        if (lines.length > MAX_LINES) lines = [...lines.slice(0, HEAD), ...lines.slice(HEAD - MAX_LINES)];
      }
      return lines;
    },
  };
}
