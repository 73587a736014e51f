/** The guests of a table or a log, ascending; `undefined` where it lists none, which says nothing. */
export function vmidsOf(guests: unknown): number[] | undefined {
  if (!Array.isArray(guests) || guests.length === 0) return undefined;
  const vmids = guests
    .map((guest: { vmid?: unknown }) => guest?.vmid)
    .filter((vmid) => typeof vmid === 'number');
  return vmids.sort((a, b) => a - b);
}

/** Whether two sets are the same; `undefined` when one of them is not known. */
export function sameSet(
  a: readonly number[] | undefined,
  b: readonly number[] | undefined,
): boolean | undefined {
  if (a === undefined || b === undefined) return undefined;
  return a.length === b.length && a.every((vmid, index) => vmid === b[index]);
}
