/** A label is at most this long: longer runs before a colon are prose. */
const LABEL = /^\s{0,12}([A-Za-z][A-Za-z0-9 /_-]{0,39}):(?:\s+(.*))?$/;

/** Longest line looked at; a label block never has longer ones. */
const MAX_LINE = 4_096;

/** `Label: value` lines, by label in lower case; the first of equal labels wins. Values are trimmed, `''` where there is none. */
export function readLabels(lines: readonly string[]): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  for (const line of lines) {
    if (line.length > MAX_LINE) continue;
    const match = LABEL.exec(line);
    const label = match?.[1]?.trim().toLowerCase();
    if (label !== undefined && !labels.has(label)) labels.set(label, match?.[2]?.trim() ?? '');
  }
  return labels;
}

/** Lines after `from` (exclusive) up to the next blank run after at least one item, trimmed: an indented list. */
export function readList(lines: readonly string[], from: number): string[] {
  const items: string[] = [];
  for (const line of lines.slice(from + 1)) {
    const item = line.trim();
    if (item === '') {
      if (items.length > 0) break;
      continue;
    }
    if (!/^\s/.test(line)) break;
    items.push(item);
  }
  return items;
}
