/** Usage from which a storage or datastore is reported as nearly full. */
export const HIGH_PERCENT = 90;
/** Usage must fall below this before it is reported again. */
const REARM_PERCENT = 88;

/** Percent with one decimal; `undefined` where sizes are missing or make no sense. */
export function percentOf({
  used,
  total,
}: {
  readonly used?: number;
  readonly total?: number;
}): number | undefined {
  return used === undefined || total === undefined || total <= 0
    ? undefined
    : Math.round((used / total) * 1000) / 10;
}

/** Whether usage counts as high now; without a figure it is what it was. */
export function isHigh(percent: number | undefined, wasHigh: boolean): boolean {
  return percent === undefined ? wasHigh : percent >= (wasHigh ? REARM_PERCENT : HIGH_PERCENT);
}
