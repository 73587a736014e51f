/**
 * The narrowest single pattern that takes everything the filters take, and perhaps more: `facts.a.up` and `facts.b.up` give
 * `facts.*.up`, `facts.a` and `facts.b.c` give `facts.>`.
 */
export function coveringFilter(filters: readonly string[]): string {
  const [first = '>', ...rest] = filters;
  return rest.reduce(coverTwo, first);
}

function coverTwo(a: string, b: string): string {
  const left = a.split('.');
  const right = b.split('.');
  const exact = left.length === right.length && left.at(-1) !== '>' && right.at(-1) !== '>';
  // An open end begins where the shorter of the two has its last token: before it, `>` would miss the shorter one.
  const compared = exact ? left.length : Math.min(left.length, right.length) - 1;
  const cover = left.slice(0, compared).map((token, i) => (token === right[i] ? token : '*'));
  return [...cover, ...(exact ? [] : ['>'])].join('.');
}
