/** How many of the same line one sender sent. */
export interface Occurrences {
  /** 0 for the first, 1 for the second, … Called once for each line, in order of arrival. */
  nth(sender: string, line: Buffer): number;
}

/** The same line with the same stamp comes within its second, or within one backlog. */
const FORGOTTEN_AFTER_MS = 60_000;
const MAX_LINES = 10_000;
const MAX_CHARS = 4 * 1024 * 1024;

/**
 * Counts identical lines apart. Stamps without a fraction are the same for everything within a second, so three equal lines of one
 * sender are three happenings. A sender that sends again does so on a new connection, where the count begins anew: the first of
 * the resent lines is the first again, and has the id it had.
 *
 * Forgets in halves: a line is remembered for one to two minutes, and fewer when there are very many. Forgetting makes a third
 * line a first one, which is stored once; it never makes two of one.
 */
export function createOccurrences(now: () => number): Occurrences {
  let current = new Map<string, number>();
  let previous = new Map<string, number>();
  let chars = 0;
  let since = now();

  function turnOver(at: number): void {
    if (at - since < FORGOTTEN_AFTER_MS && current.size < MAX_LINES && chars < MAX_CHARS) return;
    previous = at - since < 2 * FORGOTTEN_AFTER_MS ? current : new Map<string, number>();
    current = new Map<string, number>();
    chars = 0;
    since = at;
  }

  return {
    nth(sender, line) {
      turnOver(now());
      const key = `${sender}\0${line.toString('latin1')}`;
      const known = current.get(key);
      const nth = known ?? previous.get(key) ?? 0;
      if (known === undefined) chars += key.length;
      current.set(key, nth + 1);
      return nth;
    },
  };
}
