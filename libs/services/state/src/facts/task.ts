import type { Upid } from '@proxmox-mcp/proxmox-events';
import type { Event } from '@proxmox-mcp/schemas';
import { assembleFact } from './assemble-fact.ts';
import { partsOf } from './identity.ts';
import type { Task } from './keys/key.ts';

/**
 * A task as its own reports tell it.
 *
 * @param reports events that carry the UPID.
 * @returns `undefined` without reports.
 */
export function taskOf(parts: Upid, reports: readonly Event[]): Task | undefined {
  if (reports.length === 0) return undefined;
  const upid = parts.text;
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
