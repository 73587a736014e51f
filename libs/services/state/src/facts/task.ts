import { parseUpid } from '@proxmox-mcp/proxmox-events';
import type { Event } from '@proxmox-mcp/schemas';
import { assembleFact } from './assemble-fact.ts';
import { partsOf } from './identity.ts';
import type { Task } from './keys/key.ts';

/**
 * A task as its own reports tell it.
 *
 * @param reports events that carry the UPID.
 * @returns `undefined` without reports, or where the text is no UPID.
 */
export function taskOf(upid: string, reports: readonly Event[]): Task | undefined {
  const parts = parseUpid(upid);
  if (parts === undefined || reports.length === 0) return undefined;
  const { fact, family } = assembleFact(upid, reports);
  return {
    upid,
    parts,
    family,
    outcome: partsOf(fact.type).outcome,
    startedAt: parts.starttime * 1000,
    endedAt: fact.endedAt === undefined ? undefined : Date.parse(fact.endedAt),
    fact,
  };
}
