import type { Trouble } from './trouble.ts';

/** Where the incident of a trouble, or of its end, is looked up; its cluster is compared apart. */
export function placeOf({
  family,
  condition,
  anchor,
}: Pick<Trouble, 'family' | 'condition' | 'anchor'>): string {
  return `${family ?? condition}|${anchor}`;
}

/** Identity of the incident that a trouble makes. */
export function keyOf({
  cluster,
  object,
  condition,
}: Pick<Trouble, 'cluster' | 'object' | 'condition'>): string {
  return `${cluster ?? ''}|${object}|${condition}`;
}

/** A report that does not name its cluster may be of any. */
export function isSameCluster(a: string | undefined, b: string | undefined): boolean {
  return a === undefined || b === undefined || a === b;
}

/** Whether one of them may speak for the other: nobody named is everybody. */
export function isSeenByAny(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  return a === undefined || b === undefined || a.some((name) => b.includes(name));
}
