import * as z from 'zod';

/** How bad it is, mildest first. Proxmox's own words differ per channel; this is the one scale of the product. */
export const Severity = z.enum(['info', 'notice', 'warning', 'error', 'critical']);
export type Severity = z.infer<typeof Severity>;

const RANK: Readonly<Record<Severity, number>> = { info: 0, notice: 1, warning: 2, error: 3, critical: 4 };

/** Negative when `a` is milder than `b`, positive when it is worse, 0 when equal: usable in `sort`. */
export function compareSeverity(a: Severity, b: Severity): number {
  return RANK[a] - RANK[b];
}

/** The worse of the two. */
export function maxSeverity(a: Severity, b: Severity): Severity {
  return compareSeverity(a, b) >= 0 ? a : b;
}
