/** Wider cells stand as they are and shift what follows, so that one long cell does not widen ten thousand rows. */
const MAX_WIDTH = 300;
const GAP = 4;

/** Rows as lines in columns padded to their widest cell and four blanks more: the tables of Proxmox's own text parts. */
export function tableLines(rows: readonly (readonly string[])[]): string[] {
  const cells = rows
    .map((row) => row.map((cell) => cell.replace(/\s+/g, ' ').trim()))
    .filter((row) => row.some((cell) => cell !== ''));
  const widths: number[] = [];
  for (const row of cells) {
    row.forEach((cell, column) => {
      const width = cell.length > MAX_WIDTH ? 0 : cell.length;
      widths[column] = Math.max(widths[column] ?? 0, width);
    });
  }
  return cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd((widths[column] ?? 0) + GAP))
      .join('')
      .trimEnd(),
  );
}
