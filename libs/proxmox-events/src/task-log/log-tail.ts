/** The end of a log: the status it gives, and the lines before it. */
export interface LogTail {
  /** Raw status as the task list would say it: `OK`, `WARNINGS: 1`, or the error text. */
  readonly status: string;
  /** Index of the `TASK …` line. */
  readonly index: number;
}

/**
 * Finds how a task ended. Only the last non-empty line decides; guest names and child output may say `TASK OK` before it. An
 * error text may span several lines, all until the end. `undefined` when the worker died without a word, or still runs.
 */
export function readLogTail(lines: readonly string[]): LogTail | undefined {
  let last = lines.length - 1;
  while (last >= 0 && lines[last]?.trim() === '') last -= 1;
  const final = lines[last];
  if (final === undefined) return undefined;
  if (final === 'TASK OK') return { status: 'OK', index: last };
  const warnings = /^TASK (WARNINGS: \d{1,9})$/.exec(final);
  if (warnings) return { status: warnings[1] ?? '', index: last };
  for (let i = last; i >= 0; i--) {
    const line = lines[i] ?? '';
    if (line.startsWith('TASK ERROR: '))
      return {
        status: [line.slice('TASK ERROR: '.length), ...lines.slice(i + 1, last + 1)].join(' '),
        index: i,
      };
    // A line that claims success in the middle belongs to a child: nothing before it can be the end.
    if (line === 'TASK OK') return undefined;
  }
  return undefined;
}
