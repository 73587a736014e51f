import { cursorOf, type Position } from './scan.ts';

/** Most characters of an answer whose rows can be large: it is one message of the bus. */
const PAGE_CHARS = 400_000;

/**
 * Reads the rows of a page, fewer than asked for where they are large; but one at least, or its reader would never get past it.
 *
 * @param found positions of the page and of one row beyond, if there is one.
 */
export function boundedPage<T>(
  found: readonly Position[],
  limit: number,
  read: (n: number) => { readonly item: T; readonly chars: number } | undefined,
): { items: T[]; nextCursor?: string } {
  const items: T[] = [];
  let chars = 0;
  let last: Position | undefined;
  for (const position of found.slice(0, limit)) {
    const row = read(position.n);
    if (row === undefined) continue;
    chars += row.chars;
    if (items.length > 0 && chars > PAGE_CHARS) break;
    items.push(row.item);
    last = position;
  }
  const hasMore = last !== undefined && found.at(-1) !== last;
  return { items, ...(hasMore && last ? { nextCursor: cursorOf(last) } : {}) };
}
