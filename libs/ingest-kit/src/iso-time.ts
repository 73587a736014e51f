/**
 * Writes milliseconds since the epoch as ISO 8601, and remembers the last: in a batch most times are the same, and writing one costs
 * as much as hashing a line.
 */
export function createIsoTime(): (ms: number) => string {
  let last = Number.NaN;
  let text = '';
  return (ms) => {
    if (ms !== last) {
      text = new Date(ms).toISOString();
      last = ms;
    }
    return text;
  };
}
