import { isRecord } from '../input.ts';
import { stripControls } from '../text.ts';

/** A task log as lines, bounded, without control characters. */
export interface LogLines {
  readonly lines: readonly string[];
  /** Something was taken out. */
  readonly sanitized: boolean;
  /** The middle of a very long log was left out; beginning and end are there. */
  readonly truncated: boolean;
}

const MAX_HEAD = 1024 * 1024;
const MAX_TAIL = 3 * 1024 * 1024;
const MAX_LINE = 65_536;

/** Reads plain text, or the answer of the log endpoint: `{data: [{n, t}]}`. */
export function readLogLines(raw: Buffer): LogLines {
  const truncated = raw.length > MAX_HEAD + MAX_TAIL;
  const whole = truncated
    ? `${raw.toString('utf8', 0, MAX_HEAD)}\n${raw.toString('utf8', raw.length - MAX_TAIL)}`
    : raw.toString('utf8');
  const given = (truncated ? undefined : rowsOf(whole)) ?? whole.split('\n');
  let sanitized = false;
  const lines = given.map((line) => {
    const unix = line.slice(0, MAX_LINE).replace(/\r$/, '');
    const clean = stripControls(unix);
    sanitized ||= clean !== unix;
    return clean;
  });
  return { lines, sanitized, truncated };
}

/**
 * Lines that PVE makes up where there is no log: an empty one yields `no content`, one of an unknown UPID answers 200 with
 * the text of the error.
 */
export function isPlaceholder(lines: readonly string[]): boolean {
  const said = lines.filter((line) => line !== '');
  if (said.length === 0) return true;
  return (
    said.length === 1 && (said[0] === 'no content' || (said[0] ?? '').startsWith('unable to open file - '))
  );
}

function rowsOf(text: string): string[] | undefined {
  if (!text.startsWith('{')) return undefined;
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(answer) || !Array.isArray(answer['data'])) return undefined;
  return answer['data'].map((row: unknown) =>
    isRecord(row) && typeof row['t'] === 'string' ? row['t'] : '',
  );
}
