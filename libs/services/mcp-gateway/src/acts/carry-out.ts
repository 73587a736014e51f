import type { Bus } from '@proxmox-mcp/bus';
import { Incident, type Match, requests } from '@proxmox-mcp/schemas';
import type { Act } from '@proxmox-mcp/service-kit';

const SILENCE_MS = 3_600_000;

/** What became of an act, for people. */
export interface Done {
  readonly ok: boolean;
  readonly text: string;
}

/** The newest copy of an incident. */
export async function readIncident(bus: Pick<Bus, 'kv'>, id: string): Promise<Incident | undefined> {
  const entry = await (await bus.kv('INCIDENTS')).get(id);
  if (entry === undefined) return undefined;
  try {
    return Incident.safeParse(JSON.parse(entry.value)).data;
  } catch {
    return undefined;
  }
}

/**
 * Does what a link asks for.
 *
 * @param now milliseconds since the epoch.
 * @throws {NoAnswer} nobody did it; trying again can help.
 */
export async function carryOut(
  bus: Pick<Bus, 'request'>,
  { op, channel }: Act,
  { incident, now }: { readonly incident: Incident; readonly now: number },
): Promise<Done> {
  const by = `link in ${channel}`;
  if (op === 'acknowledge') {
    const answer = await bus.request(requests.incidentCommand, { id: incident.id, op: 'acknowledge', by });
    return answer.ok ? { ok: true, text: 'Acknowledged.' } : { ok: false, text: answer.message };
  }
  const answer = await bus.request(requests.silence, {
    op: 'add',
    by,
    match: matchOf(incident),
    from: new Date(now).toISOString(),
    until: new Date(now + SILENCE_MS).toISOString(),
    reason: `silenced for an hour from a message about incident ${incident.id}`,
  });
  return answer.ok ? { ok: true, text: 'Silenced for one hour.' } : { ok: false, text: answer.message };
}

/** The same trouble of the same thing, and nothing else. */
function matchOf({ cluster, node, guest, storage, condition }: Incident): Match {
  return {
    condition,
    ...(cluster === undefined ? {} : { cluster }),
    ...(node === undefined ? {} : { node }),
    ...(guest === undefined ? {} : { guest: guest.vmid }),
    ...(storage === undefined ? {} : { storage }),
  };
}
