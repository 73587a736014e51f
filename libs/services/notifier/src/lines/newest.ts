import type { KeyValue } from '@proxmox-mcp/bus';
import { Incident } from '@proxmox-mcp/schemas';
import { episodeOf } from '../stages/dedup.ts';

/** The copy of an incident that `state` writes as it goes; `undefined` when there is none or it cannot be read. */
export async function copyOf(incidents: Pick<KeyValue, 'get'>, id: string): Promise<Incident | undefined> {
  const entry = await incidents.get(id);
  return entry === undefined ? undefined : Incident.safeParse(parse(entry.value)).data;
}

/** The newest copy; the message's own where there is none. */
export async function newest(incidents: Pick<KeyValue, 'get'>, own: Incident): Promise<Incident> {
  const copy = await copyOf(incidents, own.id);
  if (copy === undefined || copy.revision <= own.revision) return own;
  // Reopened meanwhile: this episode is over, and the next one has its own opening.
  return episodeOf(copy) === episodeOf(own) ? copy : { ...own, status: 'resolved' };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
