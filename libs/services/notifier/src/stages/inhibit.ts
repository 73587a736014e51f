import type { Incident } from '@proxmox-mcp/schemas';
import { type Outcome, pass, suppress } from './stage.ts';

/**
 * Keeps to itself what its cause tells, what is expected, and what is over. Sees the newest copy of the incident: `state` has the
 * topology and the windows, and its word is `suppressed`.
 */
export function inhibit(incident: Incident): Outcome {
  if (incident.status === 'resolved') return suppress('resolved-before-sent');
  if (incident.status === 'suppressed')
    return suppress('incident-suppressed', incident.suppression?.text ?? incident.suppression?.reason);
  return pass('not-inhibited');
}
