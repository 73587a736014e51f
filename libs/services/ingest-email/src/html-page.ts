import { tableLines } from './table-lines.ts';

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));
const BLOCKS = words(
  'address article aside blockquote body br dd div dl dt footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table tr ul',
);
/** A table that holds one of these is there for the layout; its cells are no columns. */
const LAYOUT = words('h1 h2 h3 h4 h5 h6 ol pre table ul');
/** Never text for a reader, whatever stands in it. */
const DROPPED = words('head iframe math noscript object script style svg template textarea title');
const MAX_COLUMNS = 50;
/** A job has fewer guests, a host fewer packages. */
const MAX_ROWS = 20_000;

/** A page as its tags come by. */
export interface Page {
  open(tag: string, attributes: Readonly<Record<string, string>>): void;
  close(tag: string): void;
  text(text: string): void;
  /** The lines so far; nothing may come after it. */
  finish(): string;
  /** Tags open now. */
  readonly depth: number;
  /** Characters of text read. */
  readonly chars: number;
}

interface OpenTable {
  readonly rows: string[][];
  /** Cell of the last row that is open; -1 between cells. */
  cell: number;
}

export function createPage(): Page {
  const lines: string[] = [];
  const tables: (OpenTable | 'layout')[] = [];
  let line = '';
  let endsBlank = true;
  let depth = 0;
  let chars = 0;
  let dropping = 0;
  let preformatted = 0;

  const dataTable = (): OpenTable | undefined => {
    const table = tables.at(-1);
    return table === 'layout' ? undefined : table;
  };

  function write(text: string): void {
    chars += text.length;
    const table = dataTable();
    const row = table?.rows.at(-1);
    if (table !== undefined && row !== undefined && table.cell >= 0) row[table.cell] += text;
    else {
      // Blanks between tags are one blank, and none at the start of a line.
      line += preformatted === 0 && endsBlank ? text.trimStart() : text;
      // Noted, not looked up: asking a string for its end after every piece makes the whole quadratic.
      if (text !== '') endsBlank = text.endsWith(' ');
    }
  }

  function breakLine(evenEmpty = false): void {
    if ((dataTable()?.cell ?? -1) >= 0) return write('\n');
    if (evenEmpty || line.trim() !== '') lines.push(line.trimEnd());
    line = '';
    endsBlank = true;
  }

  /** Puts down what a table holds: in columns, or one cell after the other where there are none. */
  function putDown(table: OpenTable, inColumns: boolean): void {
    const isData = inColumns && table.rows.some((row) => row.length > 1);
    lines.push('');
    const rendered = isData
      ? tableLines(table.rows)
      : table.rows.flatMap((row) => row.flatMap((cell) => cell.split('\n').map((text) => text.trim())));
    for (const row of rendered) lines.push(row);
    lines.push('');
  }

  /** Blocks inside cells: from here on the table is not one of figures. */
  function becomeLayout(): void {
    const table = dataTable();
    if (table === undefined || table.cell < 0) return;
    tables[tables.length - 1] = 'layout';
    putDown(table, false);
  }

  function openCell(table: OpenTable, columns: number): void {
    if (table.rows.length === 0) table.rows.push([]);
    const row = table.rows.at(-1) ?? [];
    if (row.length >= MAX_COLUMNS) return;
    table.cell = row.length;
    row.push(...Array.from({ length: Math.min(columns, MAX_COLUMNS - row.length) }, () => ''));
  }

  function open(tag: string, attributes: Readonly<Record<string, string>>): void {
    depth += 1;
    if (DROPPED.has(tag)) dropping += 1;
    if (LAYOUT.has(tag)) becomeLayout();
    const table = dataTable();
    if (tag === 'table') {
      breakLine();
      tables.push({ rows: [], cell: -1 });
    } else if (tag === 'tr' && table !== undefined) {
      if (table.rows.length < MAX_ROWS) table.rows.push([]);
    } else if ((tag === 'td' || tag === 'th') && table !== undefined) {
      openCell(table, Math.max(1, Math.trunc(Number(attributes['colspan'] ?? 1)) || 1));
    } else if (BLOCKS.has(tag) || tag === 'td' || tag === 'th') breakLine();
    if (tag === 'pre') preformatted += 1;
    if (tag === 'li') write('- ');
  }

  function close(tag: string): void {
    depth -= 1;
    if (DROPPED.has(tag)) dropping -= 1;
    if (tag === 'pre') preformatted -= 1;
    const table = dataTable();
    if (tag === 'table') {
      breakLine();
      const done = tables.pop();
      if (done !== undefined && done !== 'layout') putDown(done, true);
    } else if ((tag === 'td' || tag === 'th' || tag === 'tr') && table !== undefined) table.cell = -1;
    else if (tag !== 'br' && (BLOCKS.has(tag) || tag === 'td')) breakLine();
  }

  return {
    open,
    close,
    text(text) {
      if (dropping > 0) return;
      if (preformatted === 0) return write(text.replace(/\s+/g, ' '));
      const [first = '', ...rest] = text.split('\n');
      write(first);
      for (const next of rest) {
        breakLine(true);
        write(next);
      }
    },
    finish() {
      for (let table = tables.pop(); table !== undefined; table = tables.pop())
        if (table !== 'layout') putDown(table, true);
      breakLine();
      return lines.join('\n');
    },
    get depth() {
      return depth;
    },
    get chars() {
      return chars;
    },
  };
}
