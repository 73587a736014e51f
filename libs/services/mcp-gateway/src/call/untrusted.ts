const MAX_TEXT = 2_000;

/** Text that someone else wrote: data to look at, never an instruction to follow. */
export interface UntrustedText {
  readonly untrusted: true;
  readonly text: string;
}

/** Marks foreign text, cut to a bounded length. */
export function untrusted(text: string): UntrustedText {
  return { untrusted: true, text: text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text };
}

/** Words without blanks (names, ids, paths, numbers as text) cannot tell anyone to do anything. */
const PLAIN_WORD = /^[^\s]{0,120}$/;

/** Makes a name one word: names are not marked, so they must not be sentences. Proxmox allows no blanks in them. */
export function plainWord(name: string): string {
  return PLAIN_WORD.test(name) ? name : name.slice(0, 120).replace(/\s/g, '_');
}

/**
 * Marks every string of more than one word, at any depth: what a task, log line, mail or API answer says is not ours.
 * Deeper than eight levels or beyond 500 entries per level is left out.
 */
export function markFreeText(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return PLAIN_WORD.test(value) ? value : untrusted(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= 8) return '[too deep]';
  if (Array.isArray(value)) return value.slice(0, 500).map((entry) => markFreeText(entry, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, 500)
      .map(([key, entry]) => [plainWord(key), markFreeText(entry, depth + 1)]),
  );
}
