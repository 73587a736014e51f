/** A line of a PBS task log. */
export interface PbsLine {
  /** Epoch seconds; `undefined` for a continuation line. */
  readonly at: number | undefined;
  readonly text: string;
}

const PREFIX = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)): ?/;

/** Splits off the RFC 3339 time that PBS writes before every line. */
export function readPbsLines(lines: readonly string[]): PbsLine[] {
  return lines.map((line) => {
    const prefix = PREFIX.exec(line);
    if (!prefix) return { at: undefined, text: line };
    const ms = Date.parse(prefix[1] ?? '');
    return { at: Number.isNaN(ms) ? undefined : Math.floor(ms / 1000), text: line.slice(prefix[0].length) };
  });
}
