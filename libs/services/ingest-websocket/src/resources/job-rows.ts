import type { JobRow } from '@proxmox-mcp/schemas';
import type { Observer } from './observer.ts';

/** The jobs of one host, which several polls see parts of; the others hear of them together. */
export interface JobRows {
  /** Replaces what one part had. Told once every part has been seen or given up. */
  see(part: string, rows: readonly JobRow[]): Promise<void>;
  /** Parts that are gone are gone with their rows; those that could not be asked keep theirs. */
  keep(parts: readonly string[]): void;
}

/** @param parts those without which the list would be half of it. */
export function createJobRows(observer: Observer, parts: readonly string[]): JobRows {
  const seen = new Map<string, readonly JobRow[]>();
  return {
    async see(part, rows) {
      seen.set(part, rows);
      if (parts.every((one) => seen.has(one))) await observer.see('jobs', ['job'], [...seen.values()].flat());
    },
    keep(wanted) {
      for (const part of seen.keys()) if (!wanted.includes(part) && !parts.includes(part)) seen.delete(part);
    },
  };
}
