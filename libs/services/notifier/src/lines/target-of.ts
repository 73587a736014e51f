import type { Incident } from '@proxmox-mcp/schemas';
import { routeIncident, targetNamed, type Target } from '../stages/route.ts';
import type { TellTools } from './tell.ts';

/** The route that held it; where the file has that no more, the one that would tell it now. */
export function targetOf(
  { policy, now }: Pick<TellTools, 'policy' | 'now'>,
  incident: Incident | undefined,
  route: string,
): Target | undefined {
  if (incident === undefined) return undefined;
  return targetNamed(incident, policy, route) ?? routeIncident(incident, policy, now())[0];
}
