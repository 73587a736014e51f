import { Channel, requests, Severity } from '@proxmox-mcp/schemas';
import * as z from 'zod';
import { encodeCursor } from '../call/event-cursor.ts';
import { decodeHistoryCursor, encodeHistoryCursor } from '../call/history-cursor.ts';
import { findGuest } from '../fleet/guest-address.ts';
import { eventRow } from '../fleet/rows.ts';
import {
  clusterArgument,
  cursorArgument,
  defined,
  guestArgument,
  limitArgument,
  parseTime,
  timeArgument,
} from './arguments.ts';
import { defineTool, itemsOutput, readOpenWorld } from './tool.ts';

const GROUPS = ['type', 'severity', 'node', 'guest', 'channel', 'source'] as const;

/** The history of events. */
export const eventsQueryTool = defineTool({
  name: 'events_query',
  title: 'Events',
  description:
    'What happened: events of all channels (API, syslog, mail, webhooks, chat), newest first, by time, type ("backup.*", "*.failed"), severity, node, guest, storage or text; or counts with group_by. Each row has a cursor that events_wait continues from.',
  toolset: 'events',
  tier: 'read',
  annotations: readOpenWorld,
  privileges: { pve: [], pbs: [] },
  input: z.object({
    since: timeArgument,
    until: timeArgument,
    source: z
      .array(z.string().max(60))
      .max(10)
      .optional()
      .describe(`Channels: ${Channel.options.join(', ')}`),
    kind: z.array(z.string().max(80)).max(20).optional().describe('Types, * for any: "backup.*", "*.failed"'),
    severity: Severity.optional().describe('This or worse'),
    cluster: clusterArgument,
    node: z.string().max(100).optional(),
    guest: guestArgument.optional(),
    storage: z.string().max(100).optional(),
    upid: z.string().max(512).optional(),
    text: z.string().max(200).optional().describe('Part of the title'),
    order: z.enum(['newest', 'oldest']).default('newest'),
    group_by: z.enum(GROUPS).optional().describe('Count instead of list'),
    limit: limitArgument,
    cursor: cursorArgument,
  }),
  output: itemsOutput(
    z.looseObject({ id: z.string().optional(), type: z.string().optional(), count: z.number().optional() }),
  ),
  async run(args, { bus, mirror, now }) {
    const guest = args.guest === undefined ? undefined : findGuest(mirror, args.guest, args.cluster);
    const answer = await bus.request(requests.events, {
      limit: args.group_by === undefined ? args.limit : 500,
      order: args.order,
      ...defined({
        cursor: decodeHistoryCursor(args.cursor),
        since: parseTime('since', args.since, now()),
        until: parseTime('until', args.until, now()),
        channels: args.source,
        types: args.kind,
        minSeverity: args.severity,
        cluster: guest?.cluster ?? (args.cluster === '*' ? undefined : args.cluster),
        node: args.node,
        vmid: guest?.vmid,
        storage: args.storage,
        upid: args.upid,
        text: args.text,
      }),
    });
    const { group_by: group } = args;
    if (group !== undefined) {
      const counts = new Map<string, number>();
      for (const event of answer.items) {
        const key = group === 'guest' ? String(event.guest?.vmid ?? 'none') : String(event[group] ?? 'none');
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      const items = [...counts].sort((a, b) => b[1] - a[1]).map(([key, count]) => ({ [group]: key, count }));
      const warnings =
        answer.nextCursor === undefined ? [] : ['counted over the first 500 events only: narrow the time'];
      return {
        summary: `${answer.items.length} events in ${items.length} groups.`,
        items: items.slice(0, args.limit),
        warnings,
      };
    }
    const incidents = mirror.rows('incidents');
    const items = answer.items.map(({ seq, ...event }) => {
      const about = incidents.find((incident) =>
        incident.facts.some((fact) => fact === event.id || fact === event.upid),
      );
      return { ...eventRow(event, seq), ...(about === undefined ? {} : { incident: about.id }) };
    });
    const newest = Math.max(0, ...answer.items.map((event) => event.seq));
    return {
      summary: `${items.length} events${answer.nextCursor === undefined ? '' : ', more follow'}.${newest > 0 ? ` Wait for newer ones with events_wait from cursor ${encodeCursor({ events: newest })}.` : ''}`,
      items,
      next_cursor: encodeHistoryCursor(answer.nextCursor),
    };
  },
});
