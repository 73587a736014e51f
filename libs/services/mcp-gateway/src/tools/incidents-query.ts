import { NoAnswer } from '@proxmox-mcp/bus';
import { compareSeverity, IncidentStatus, requests, Severity, type Incident } from '@proxmox-mcp/schemas';
import * as z from 'zod';
import { decodeHistoryCursor, encodeHistoryCursor } from '../call/history-cursor.ts';
import { findGuest } from '../fleet/guest-address.ts';
import { isUnresolved } from '../fleet/overview.ts';
import { INCIDENT_PARTS, incidentRow, ownWords } from '../fleet/rows.ts';
import {
  clusterArgument,
  cursorArgument,
  defined,
  guestArgument,
  limitArgument,
  parseTime,
  timeArgument,
} from './arguments.ts';
import { ToolError } from './tool-error.ts';
import { defineTool, itemsOrDataOutput, readOpenWorld } from './tool.ts';

const UNRESOLVED = IncidentStatus.options.filter((status) => status !== 'resolved');

/** Problems for people, with their causes. */
export const incidentsQueryTool = defineTool({
  name: 'incidents_query',
  title: 'Incidents',
  description:
    'Problems concluded from events, with cause, affected guest, node and storage, and findings. Unresolved ones by default. With "id": one incident with its timeline over all sources, evidence and next steps.',
  toolset: 'events',
  tier: 'read',
  annotations: readOpenWorld,
  privileges: { pve: [], pbs: [] },
  input: z.object({
    id: z.string().max(80).optional(),
    status: z
      .array(z.enum([...IncidentStatus.options, 'any']))
      .max(9)
      .optional()
      .describe('Unresolved when omitted'),
    severity: Severity.optional().describe('This or worse'),
    cluster: clusterArgument,
    node: z.string().max(100).optional(),
    guest: guestArgument.optional(),
    storage: z.string().max(100).optional(),
    since: timeArgument,
    include: z.array(z.enum(INCIDENT_PARTS)).max(4).optional(),
    limit: limitArgument,
    cursor: cursorArgument,
  }),
  output: itemsOrDataOutput(
    z.looseObject({ id: z.string(), status: z.string(), severity: z.string(), title: z.string() }),
    z.looseObject({ id: z.string(), status: z.string(), severity: z.string(), title: z.string() }),
  ),
  async run(args, { bus, mirror, now }) {
    if (args.id !== undefined) {
      const incident =
        mirror.incident(args.id) ??
        (await bus.request(requests.incidents, { id: args.id, limit: 1 })).items[0];
      if (incident === undefined) throw new ToolError('not_found', 'no incident with this id');
      return {
        summary: `${ownWords(incident.title)}: ${incident.status}.`,
        data: incidentRow(incident, new Set(args.include ?? INCIDENT_PARTS)),
      };
    }
    const guest = args.guest === undefined ? undefined : findGuest(mirror, args.guest, args.cluster);
    const statuses =
      args.status === undefined ? UNRESOLVED : args.status.includes('any') ? undefined : args.status;
    const query = defined({
      cursor: decodeHistoryCursor(args.cursor),
      // `any` was taken out above.
      statuses: statuses as IncidentStatus[] | undefined,
      minSeverity: args.severity,
      cluster: guest?.cluster ?? (args.cluster === '*' ? undefined : args.cluster),
      node: args.node,
      vmid: guest?.vmid,
      storage: args.storage,
      since: parseTime('since', args.since, now()),
    });
    const parts = new Set(args.include ?? []);
    try {
      const answer = await bus.request(requests.incidents, { limit: args.limit, ...query });
      return {
        summary: summarise(answer.items, statuses === UNRESOLVED),
        items: answer.items.map((incident) => incidentRow(incident, parts)),
        next_cursor: encodeHistoryCursor(answer.nextCursor),
      };
    } catch (error) {
      if (!(error instanceof NoAnswer) || statuses !== UNRESOLVED) throw error;
      // The live picture knows the unresolved ones without asking anybody.
      const items = mirror
        .rows('incidents')
        .filter((row) => isUnresolved(row) && matches(row, query))
        .slice(0, args.limit);
      return {
        summary: summarise(items, true),
        items: items.map((incident) => incidentRow(incident, parts)),
        degraded: [
          {
            where: 'state',
            reason: 'timeout',
            detail: 'the history did not answer; this is the live picture',
          },
        ],
      };
    }
  },
});

function summarise(incidents: readonly Incident[], isOpenOnly: boolean): string {
  const worst = incidents.toSorted((a, b) => compareSeverity(b.severity, a.severity))[0];
  const what = isOpenOnly ? 'unresolved incidents' : 'incidents';
  return worst === undefined
    ? `No ${what}.`
    : `${incidents.length} ${what}; worst: ${ownWords(worst.title)} (${worst.severity}).`;
}

function matches(
  row: Incident,
  query: {
    cluster?: string;
    node?: string;
    vmid?: number;
    storage?: string;
    minSeverity?: Severity;
    since?: string;
  },
): boolean {
  return (
    (query.cluster === undefined || row.cluster === query.cluster) &&
    (query.node === undefined || row.node === query.node) &&
    (query.vmid === undefined || row.guest?.vmid === query.vmid) &&
    (query.storage === undefined || row.storage === query.storage) &&
    (query.since === undefined || row.updatedAt >= query.since) &&
    (query.minSeverity === undefined || compareSeverity(row.severity, query.minSeverity) >= 0)
  );
}
