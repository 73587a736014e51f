import type { EventDraft } from '@proxmox-mcp/schemas';
import type { SeenDraft } from './seen-draft.ts';

/** Most characters of a finished log that are kept: its head says what was done, its end how it went. */
const HEAD_CHARS = 12_000;
const TAIL_CHARS = 48_000;
/** Of a log that grows, what its last lines say now. */
const PROGRESS_LINES = 40;

/** The draft of a task log with the lines it was read from. @param context as the normalizer was given it. */
export function seenLog(
  draft: EventDraft,
  lines: readonly string[],
  context: Readonly<Record<string, unknown>>,
): SeenDraft {
  const isRunning = context['task_running'] === true;
  const kept = isRunning ? lastLines(lines) : endsOf(lines);
  return {
    ...draft,
    seen: {
      format: 'task-log',
      body: kept.join('\n'),
      cut: kept.length < lines.length,
      // The identity counts the lines of the whole log.
      context: { ...context, identity: draft.identity },
    },
  };
}

const lastLines = (lines: readonly string[]) => lines.slice(-PROGRESS_LINES);

function endsOf(lines: readonly string[]): readonly string[] {
  const head = countWithin(lines, HEAD_CHARS);
  const rest = lines.slice(head);
  return [...lines.slice(0, head), ...rest.slice(rest.length - countWithin(rest.toReversed(), TAIL_CHARS))];
}

/** How many of the first lines fit. */
function countWithin(lines: readonly string[], chars: number): number {
  let left = chars;
  const beyond = lines.findIndex((line) => (left -= line.length + 1) < 0);
  return beyond < 0 ? lines.length : beyond;
}
