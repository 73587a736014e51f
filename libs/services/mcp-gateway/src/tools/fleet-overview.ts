import * as z from 'zod';
import { fleetOverview, OVERVIEW_PARTS } from '../fleet/overview.ts';
import { clusterArgument } from './arguments.ts';
import { dataOutput, defineTool, readOnly } from './tool.ts';

/** Health of everything at one glance, from the live picture. */
export const fleetOverviewTool = defineTool({
  name: 'fleet_overview',
  title: 'Fleet overview',
  description:
    'Health of every cluster, standalone node and backup server: nodes up and down, guests running and stopped, capacity, backup stores, unresolved incidents by severity, sources that are stale, notification channels, open maintenance windows. Start here.',
  toolset: 'core',
  tier: 'read',
  annotations: readOnly,
  privileges: { pve: ['Sys.Audit'], pbs: ['Sys.Audit', 'Datastore.Audit'] },
  input: z.object({
    cluster: clusterArgument,
    include: z.array(z.enum(OVERVIEW_PARTS)).max(5).optional().describe('Parts to show; all when omitted'),
  }),
  output: dataOutput(
    z.looseObject({
      clusters: z.array(z.looseObject({ cluster: z.string(), product: z.string(), health: z.string() })),
      incidents: z.looseObject({ unresolved: z.number() }),
      channels: z
        .array(z.looseObject({ channel: z.string(), status: z.string() }))
        .describe('Where notifications go'),
    }),
  ),
  run({ cluster, include }, { mirror, now }) {
    const parts = new Set(include ?? OVERVIEW_PARTS);
    const { data, degraded } = fleetOverview(mirror, {
      now: now(),
      parts,
      cluster: cluster === '*' ? undefined : cluster,
    });
    const ill = data.clusters
      .filter((row) => row.health !== 'ok')
      .map((row) => `${row.cluster} is ${row.health}`);
    const summary = [
      data.clusters.length === 0
        ? 'Nothing has been observed yet.'
        : `${data.clusters.length} clusters and hosts: ${ill.length === 0 ? 'all well' : ill.join(', ')}.`,
      `${data.incidents.unresolved} unresolved incidents.`,
      ...(data.maintenance === undefined ? [] : [`${data.maintenance.length} maintenance windows are open.`]),
      ...(degraded.length > 0 ? [`${degraded.length} things are not whole: see degraded.`] : []),
    ].join(' ');
    return Promise.resolve({ summary, data, degraded });
  },
});
