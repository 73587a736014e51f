/** Part of a whole in percent, to one decimal place; `undefined` where either is not known. */
export function percentOf(part: number | undefined, whole: number | undefined): number | undefined {
  if (part === undefined || whole === undefined || whole <= 0) return undefined;
  return Math.round((part / whole) * 1_000) / 10;
}
