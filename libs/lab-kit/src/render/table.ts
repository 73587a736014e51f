/** A text table as proxmox-notify renders it: every cell padded to its column's widest plus four. */
export function textTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((h, i) => Math.max(h.length, ...rows.map((r) => (r[i] ?? '').length)) + 4);
  const line = (cells: readonly string[]) => cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('');
  return [headings, ...rows].map(line).join('\n');
}
