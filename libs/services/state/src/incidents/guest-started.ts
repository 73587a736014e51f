import type { Fact } from '@proxmox-mcp/schemas';
import type { Recovery } from './trouble.ts';

/** A guest that runs has been started, by whomever: the end of a start that failed. */
export function guestStarted(fact: Fact): Recovery | undefined {
  if (fact.type !== 'guest.state.running' || fact.guest === undefined) return undefined;
  return {
    condition: 'guest.start',
    anchor: String(fact.guest.vmid),
    title: fact.title,
    at: fact.startedAt,
    ref: fact.id,
    ...(fact.cluster === undefined ? {} : { cluster: fact.cluster }),
  };
}
