/** Bytes of JSON one answer may have (TOOLS §1.5). */
export const MAX_ANSWER_BYTES = 24_000;

/** Size of a value as JSON. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}

/** How many of the first items fit into `budget` bytes; at least one, so that a reader always gets on. */
export function countThatFits(items: readonly unknown[], budget: number): number {
  let left = budget;
  let count = 0;
  for (const item of items) {
    left -= jsonBytes(item) + 1;
    if (left < 0) break;
    count++;
  }
  return Math.max(1, count);
}

/**
 * Makes a document small enough: first long texts are cut, then the tails of long lists are dropped, each step harder than
 * the one before. What a caller decides by (short fields) stays.
 */
export function shrink(value: unknown, budget: number): unknown {
  let out = value;
  for (const [text, entries] of [
    [1_000, 200],
    [400, 50],
    [150, 20],
    [80, 5],
    [40, 2],
  ] as const) {
    if (jsonBytes(out) <= budget) return out;
    out = cut(out, { text, entries });
  }
  return jsonBytes(out) <= budget ? out : { note: 'too large to show; ask for less' };
}

function cut(value: unknown, limits: { text: number; entries: number }): unknown {
  if (typeof value === 'string')
    return value.length > limits.text ? `${value.slice(0, limits.text)}…` : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.slice(0, limits.entries).map((entry) => cut(entry, limits));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, Math.max(60, limits.entries))
      .map(([key, entry]) => [key, cut(entry, limits)]),
  );
}
