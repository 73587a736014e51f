import type { KeyValue } from '@proxmox-mcp/bus';
import { Incident } from '@proxmox-mcp/schemas';

/**
 * Reads the newest copy of an incident. `undefined` also where the bucket cannot be read now: a message that lacks it is better
 * than one that waits.
 */
export function incidentReader(
  incidents: Pick<KeyValue, 'get'>,
): (id: string) => Promise<Incident | undefined> {
  return async (id) => {
    try {
      const entry = await incidents.get(id);
      return entry === undefined ? undefined : Incident.safeParse(JSON.parse(entry.value)).data;
    } catch {
      return undefined;
    }
  };
}
