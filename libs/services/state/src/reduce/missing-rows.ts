import type { ObservedRow } from '@proxmox-mcp/schemas';

/** How many of a kind a source had, and how many the whole list lacks now. */
export interface Shrinkage {
  readonly kind: ObservedRow['kind'];
  readonly had: number;
  readonly missing: number;
}

/**
 * Whether a list shrank so much that a lost privilege or a cluster file system that is away explains it better than the lab does:
 * Proxmox answers `200 []` for both. Nodes are never all gone; of the others a few may go at once.
 */
export function isSuspicious({ kind, had, missing }: Shrinkage): boolean {
  if (missing === 0) return false;
  if (missing === had) return kind === 'node' || had > 1;
  return missing > 4 && missing > had / 2;
}
