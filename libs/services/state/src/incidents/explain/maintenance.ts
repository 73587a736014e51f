import { matches, type Incident, type MaintenanceWindow, type TimelineEntry } from '@proxmox-mcp/schemas';
import type { Explainer } from './explain.ts';
import type { ExplainParts } from './index.ts';

type MaintenanceParts = Pick<ExplainParts, 'windowsAt' | 'guestAt'>;

/**
 * What a window of maintenance covers is expected, whatever it is: somebody said so. A lost quorum too, for whoever works on a cluster
 * declares the cluster.
 */
export function maintenance({ windowsAt, guestAt }: MaintenanceParts): Explainer {
  return {
    name: 'maintenance',
    explain(incident, now) {
      const found = covering(windowsAt(now), incident, 'mute', guestAt);
      // Of several the one that explains it already stays, so that its history does not go back and forth.
      const window = found.find(({ id }) => id === incident.suppression?.by) ?? found[0];
      if (window === undefined) return undefined;
      return { reason: 'maintenance', by: window.id, text: textOf(window) };
    },
  };
}

/** The line of an incident that opens under a window which mutes nothing. */
export function maintenanceNote(
  { windowsAt, guestAt }: MaintenanceParts,
  incident: Incident,
  now: number,
): Omit<TimelineEntry, 'at'> | undefined {
  const [window] = covering(windowsAt(now), incident, 'annotate', guestAt);
  return window && { what: 'maintenance', text: textOf(window), ref: window.id };
}

function covering(
  windows: readonly MaintenanceWindow[],
  incident: Incident,
  effect: MaintenanceWindow['effect'],
  guestAt: ExplainParts['guestAt'],
): MaintenanceWindow[] {
  const wanted = windows.filter((window) => window.effect === effect);
  if (wanted.length === 0) return [];
  const { cluster, guest } = incident;
  const seen = guest && guestAt(cluster, guest.vmid);
  const object = { tags: seen?.tags, pool: seen?.pool, ...incident };
  return wanted.filter(({ match }) => matches(match, object));
}

function textOf({ reason, by }: MaintenanceWindow): string {
  const who = by === 'auto' || by === 'config' ? '' : ` (${by.slice(0, 100)})`;
  return `Maintenance: ${reason.slice(0, 350)}${who}`;
}
