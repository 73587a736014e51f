/** Rows beyond this are not read: a job has fewer guests, a host fewer packages. */
const MAX_ROWS = 20_000;

/** A text table with padded columns. */
export interface TextTable {
  /** Cells by column, trimmed, in the order of the columns asked for. */
  readonly rows: readonly (readonly string[])[];
  /** The same rows as they stand. */
  readonly lines: readonly string[];
  /** Index of the first line after the table. */
  readonly end: number;
}

/**
 * Reads the table whose header line names exactly these columns, by the offsets at which the header puts them: cells hold
 * single blanks (`VM 400`, `4m 27s`), and a padded column never reaches the next one's offset.
 *
 * @returns `undefined` when no line is such a header.
 */
export function readTable(lines: readonly string[], columns: readonly string[]): TextTable | undefined {
  const at = lines.findIndex((line) => isHeader(line, columns));
  const header = lines[at];
  if (header === undefined) return undefined;
  const offsets: number[] = [];
  let from = 0;
  for (const column of columns) {
    const offset = header.indexOf(column, from);
    offsets.push(offset);
    from = offset + column.length;
  }
  const rows: string[][] = [];
  let end = at + 1;
  for (; end < lines.length && rows.length < MAX_ROWS; end++) {
    const line = lines[end] ?? '';
    if (line.trim() === '') break;
    // The sender pads by characters, JavaScript counts UTF-16 units: an emoji in a name would shift the cells.
    const characters = /[\uD800-\uDBFF]/.test(line) ? Array.from(line) : undefined;
    const cell = (start: number, stop: number | undefined) =>
      (characters === undefined ? line.slice(start, stop) : characters.slice(start, stop).join('')).trim();
    rows.push(offsets.map((offset, index) => cell(offset, offsets[index + 1])));
  }
  return { rows, lines: lines.slice(at + 1, end), end };
}

function isHeader(line: string, columns: readonly string[]): boolean {
  if (line.length > 4_096) return false;
  let rest = line.trim();
  for (const column of columns) {
    if (!rest.startsWith(column)) return false;
    rest = rest.slice(column.length);
    const trimmed = rest.trimStart();
    if (trimmed !== '' && rest.length - trimmed.length < 1) return false;
    rest = trimmed;
  }
  return rest === '';
}
