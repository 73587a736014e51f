import { eventsQueryTool } from './events-query.ts';
import { eventsWaitTool } from './events-wait.ts';
import { fleetOverviewTool } from './fleet-overview.ts';
import { guestGetTool } from './guest-get.ts';
import { incidentUpdateTool } from './incident-update.ts';
import { incidentsQueryTool } from './incidents-query.ts';
import { inventorySearchTool } from './inventory-search.ts';
import { maintenanceSetTool } from './maintenance-set.ts';
import { nodeGetTool } from './node-get.ts';
import { notifySendTool } from './notify-send.ts';
import { notifyStatusTool } from './notify-status.ts';
import { tasksQueryTool } from './tasks-query.ts';
import type { Tool } from './tool.ts';

/** Every tool, in the order of `tools/list`, which must not change between calls. A new tool is one line here. */
export const TOOLS: readonly Tool[] = [
  fleetOverviewTool,
  inventorySearchTool,
  guestGetTool,
  nodeGetTool,
  tasksQueryTool,
  eventsQueryTool,
  eventsWaitTool,
  incidentsQueryTool,
  incidentUpdateTool,
  maintenanceSetTool,
  notifyStatusTool,
  notifySendTool,
];

/** The tool of that name. */
export function findTool(name: string): Tool | undefined {
  return TOOLS.find((tool) => tool.name === name);
}
