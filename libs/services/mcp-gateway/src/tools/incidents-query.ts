import { NoAnswer } from '@proxmox-mcp/bus';
import {
  compareSeverity,
  globFits,
  IncidentStatus,
  requests,
  Severity,
  type Incident,
} from '@proxmox-mcp/schemas';
import * as z from 'zod';
import { decodeHistoryCursor, encodeHistoryCursor } from '../call/history-cursor.ts';
import { evidenceOf } from '../fleet/evidence.ts';
import { findGuest } from '../fleet/guest-address.ts';
import { incidentRows, LOOKED_UP_PARTS, type LookedUpPart } from '../fleet/incident-rows.ts';
import { isUnresolved } from '../fleet/overview.ts';
import { ownWords } from '../fleet/rows.ts';
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
    'Problems concluded from events: cause, affected guest, node, storage, findings, and why one is suppressed, stale or flapping. Unresolved ones by default. With "id": one incident with timeline, evidence, rule and threshold, parent and children, and who was told.',
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
    condition: z.string().max(80).optional().describe('Type, * for any: "backup.*"'),
    cluster: clusterArgument,
    node: z.string().max(100).optional(),
    guest: guestArgument.optional(),
    storage: z.string().max(100).optional(),
    since: timeArgument.describe('Changed since: ISO 8601 or ago ("24h", "7d")'),
    until: timeArgument.describe('Opened before: ISO 8601 or ago'),
    include: z
      .array(z.enum(LOOKED_UP_PARTS))
      .max(LOOKED_UP_PARTS.length)
      .optional()
      .describe('All with id, else none'),
    limit: limitArgument,
    cursor: cursorArgument,
  }),
  output: itemsOrDataOutput(
    z.looseObject({ id: z.string(), status: z.string(), severity: z.string(), title: z.string() }),
    z.looseObject({ id: z.string(), status: z.string(), severity: z.string(), title: z.string() }),
  ),
  async run(args, { bus, mirror, now }) {
    const show = (incidents: readonly Incident[], parts: readonly LookedUpPart[]) =>
      incidentRows(incidents, new Set(parts), { bus, mirror });
    if (args.id !== undefined) {
      const incident =
        mirror.incident(args.id) ??
        (await bus.request(requests.incidents, { id: args.id, limit: 1 })).items[0];
      if (incident === undefined) throw new ToolError('not_found', 'no incident with this id');
      const parts = args.include ?? LOOKED_UP_PARTS;
      const [shown] = await show([incident], parts);
      const { evidence, degraded } = parts.includes('evidence')
        ? await evidenceOf(bus, incident)
        : { evidence: [], degraded: [] };
      return {
        summary: `${ownWords(incident.title)}: ${incident.status}.`,
        data: { ...shown, ...(evidence.length === 0 ? {} : { evidence }) },
        degraded,
      };
    }
    const guest = args.guest === undefined ? undefined : findGuest(mirror, args.guest, args.cluster);
    const statuses =
      args.status === undefined ? UNRESOLVED : args.status.includes('any') ? undefined : args.status;
    const query = defined({
      conditions: args.condition === undefined ? undefined : [args.condition],
      cursor: decodeHistoryCursor(args.cursor),
      // `any` was taken out above.
      statuses: statuses as IncidentStatus[] | undefined,
      minSeverity: args.severity,
      cluster: guest?.cluster ?? (args.cluster === '*' ? undefined : args.cluster),
      node: args.node,
      vmid: guest?.vmid,
      storage: args.storage,
      since: parseTime('since', args.since, now()),
      until: parseTime('until', args.until, now()),
    });
    const parts = args.include ?? [];
    try {
      const answer = await bus.request(requests.incidents, { limit: args.limit, ...query });
      return {
        summary: summarise(answer.items, statuses === UNRESOLVED),
        items: await show(answer.items, parts),
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
        items: await show(items, parts),
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
    : `${incidents.length} ${what}${suppressed(incidents)}; worst: ${ownWords(worst.title)} (${worst.severity}).`;
}

function suppressed(incidents: readonly Incident[]): string {
  const count = incidents.filter(({ status }) => status === 'suppressed').length;
  return count === 0 ? '' : `, ${count} of them suppressed`;
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
    until?: string;
    conditions?: readonly string[];
  },
): boolean {
  return (
    (query.cluster === undefined || row.cluster === query.cluster) &&
    (query.node === undefined || row.node === query.node) &&
    (query.vmid === undefined || row.guest?.vmid === query.vmid) &&
    (query.storage === undefined || row.storage === query.storage) &&
    (query.since === undefined || row.updatedAt >= query.since) &&
    (query.until === undefined || row.openedAt <= query.until) &&
    (query.conditions === undefined || query.conditions.some((glob) => globFits(glob, row.condition))) &&
    (query.minSeverity === undefined || compareSeverity(row.severity, query.minSeverity) >= 0)
  );
}
