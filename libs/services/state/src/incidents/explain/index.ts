import type { FactStore } from '../../history/facts.ts';
import type { IncidentStore } from '../../history/incidents.ts';
import type { Topology } from '../../facts/topology.ts';
import type { GuestState, MaintenanceWindow } from '@proxmox-mcp/schemas';
import type { Picture } from '../../rules/rule.ts';
import type { Explainer } from './explain.ts';
import { explainByBrewing } from './brewing.ts';
import { maintenance } from './maintenance.ts';
import { explainByParent } from './parent.ts';
import { explainByTask } from './task.ts';

/** What explanations are found in. */
export interface ExplainParts {
  readonly facts: FactStore;
  readonly incidents: IncidentStore;
  /** The lab as it was last seen. */
  readonly picture: Picture;
  /** A guest of the picture, found without going through all. */
  readonly guestAt: (cluster: string | undefined, vmid: number) => GuestState | undefined;
  /** The inventory of this moment. */
  readonly topology: () => Topology;
  /** The maintenance windows that are under way at a time. */
  readonly windowsAt: (now: number) => readonly MaintenanceWindow[];
}

/** Every explainer there is, in the order they are asked. Adding one is a file and a line here. */
export function createExplainers(parts: ExplainParts): readonly Explainer[] {
  return [explainByParent(parts), explainByTask(parts), maintenance(parts), explainByBrewing(parts)];
}
