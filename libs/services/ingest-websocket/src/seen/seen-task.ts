import { taskDraft, type TaskRow } from '@proxmox-mcp/proxmox-events';
import type { SeenDraft } from './seen-draft.ts';

/** The draft of a row of a task list, with the row. @param noticedAt epoch seconds, where the row itself does not say when it ended. */
export function seenTask(row: TaskRow, noticedAt?: number): SeenDraft {
  const { upid, end } = row;
  const told = { upid: upid.text, ...ending(row) };
  return {
    ...taskDraft(upid, end, noticedAt),
    seen: {
      format: upid.product === 'pbs' ? 'pbs-task' : 'task',
      body: JSON.stringify(told),
      ...(noticedAt === undefined ? {} : { context: { noticed_at: noticedAt } }),
    },
  };
}

/** As the lists write an end: status text and time. One without both has stopped all the same. */
function ending({ end }: TaskRow): object {
  if (end === undefined) return {};
  return end.status === undefined && end.endtime === undefined ? { status: 'stopped' } : end;
}
