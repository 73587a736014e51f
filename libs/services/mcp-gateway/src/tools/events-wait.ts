import { IncidentStatus, Severity } from '@proxmox-mcp/schemas';
import * as z from 'zod';
import { decodeCursor, encodeCursor, type EventCursor } from '../call/event-cursor.ts';
import { findGuest } from '../fleet/guest-address.ts';
import { untilEvent, untilGuest, untilIncident, untilTask, type Condition } from '../wait/conditions.ts';
import type { EventFilter } from '../wait/event-filter.ts';
import { GAP_HINT, whereToStart } from '../wait/gap.ts';
import { gather } from '../wait/gather.ts';
import { clusterArgument, guestArgument } from './arguments.ts';
import { ToolError } from './tool-error.ts';
import { dataOutput, defineTool, readOpenWorld, type ToolContext } from './tool.ts';

const EventFilterArgument = z.object({
  types: z.array(z.string().max(80)).max(20).optional().describe('"backup.*", "*.failed"'),
  severity: Severity.optional().describe('This or worse'),
  guest: guestArgument.optional(),
  node: z.string().max(100).optional(),
  storage: z.string().max(100).optional(),
  source: z.array(z.string().max(60)).max(10).optional(),
});
const Until = z.object({
  task: z.string().max(512).optional().describe('UPID: until it has ended'),
  event: EventFilterArgument.optional().describe('Until such an event; {} for any'),
  guest: guestArgument.optional().describe('With state'),
  state: z.enum(['running', 'stopped', 'unknown']).optional(),
  incident: z.string().max(80).optional().describe('With status'),
  status: IncidentStatus.optional(),
});

/** Sleeps until something happens, without missing what happened between two calls. */
export const eventsWaitTool = defineTool({
  name: 'events_wait',
  title: 'Wait for something',
  description:
    'Waits up to timeout_s until a task has ended ({"task": upid}), an event comes ({"event": {"types": ["backup.*"]}}), a guest has a state, or an incident a status. Answers matched, events and a cursor: call again with the cursor and nothing in between is missed.',
  toolset: 'events',
  tier: 'read',
  annotations: readOpenWorld,
  privileges: { pve: [], pbs: [] },
  input: z.object({
    until: Until,
    cluster: clusterArgument,
    timeout_s: z.coerce.number().min(0).max(120).default(30),
    cursor: z
      .string()
      .max(100)
      .optional()
      .describe('From an earlier answer or an event row; now when omitted'),
  }),
  output: dataOutput(
    z.looseObject({
      matched: z.boolean(),
      events: z.array(z.looseObject({})),
      cursor: z.string(),
      gap: z.boolean().optional().describe('True: some events since the cursor are not kept any more'),
    }),
  ),
  async run({ until, cluster, timeout_s, cursor }, context) {
    const release = context.takeWait();
    if (release === undefined) {
      throw new ToolError('busy', 'this token waits for too many things at once', {
        hint: 'let one of them end',
      });
    }
    try {
      const { from, isLost } = await beginning(cursor, context);
      const wait = plan(until, cluster, from, context);
      const result = await gather({
        timeoutMs: timeout_s * 1_000,
        signal: context.signal,
        onTick: (elapsedMs) => context.progress(Math.min(elapsedMs / 1_000, timeout_s), timeout_s, 'waiting'),
        listen: wait.listen,
      });
      return {
        summary: result.matched
          ? `It happened: ${wait.what}.`
          : `Not within ${timeout_s} s: ${wait.what}. Call again with the cursor.`,
        data: {
          matched: result.matched,
          events: result.found,
          cursor: encodeCursor(wait.seen()),
          ...(isLost || wait.hasGap() ? { gap: true } : {}),
        },
        warnings: isLost || wait.hasGap() ? [GAP_HINT] : [],
      };
    } finally {
      release();
    }
  },
});

/** Where to begin: after the cursor, else now. A cursor that is ahead of the streams is of another store: now, and lost. */
async function beginning(
  cursor: string | undefined,
  { bus }: ToolContext,
): Promise<{ from: EventCursor; isLost: boolean }> {
  const asked = cursor === undefined ? undefined : decodeCursor(cursor);
  const [events, last] = await Promise.all([whereToStart(bus, asked?.events), bus.lastSeq('INCIDENTS')]);
  const incidents = asked === undefined ? last : asked.incidents;
  const isAhead = incidents !== undefined && incidents > last;
  return {
    from: { events: events.from, incidents: isAhead ? last : incidents },
    isLost: events.isLost || isAhead,
  };
}

function plan(
  until: z.infer<typeof Until>,
  cluster: string | undefined,
  from: EventCursor,
  context: ToolContext,
): Condition {
  const given = [until.task, until.event, until.guest, until.incident].filter((part) => part !== undefined);
  if (given.length !== 1) {
    throw new ToolError(
      'invalid',
      'until names exactly one of task, event, guest with state, incident with status',
    );
  }
  if (until.task !== undefined) return untilTask(until.task, from, context);
  if (until.event !== undefined) return untilEvent(filterOf(until.event, cluster, context), from, context);
  if (until.guest !== undefined) {
    if (until.state === undefined) throw new ToolError('invalid', 'until.guest needs until.state');
    const guest = findGuest(context.mirror, until.guest, cluster);
    return untilGuest({ cluster: guest.cluster, vmid: guest.vmid, state: until.state }, from, context);
  }
  if (until.incident === undefined || until.status === undefined) {
    throw new ToolError('invalid', 'until.incident needs until.status');
  }
  return untilIncident(until.incident, until.status, from, context);
}

function filterOf(
  argument: z.infer<typeof EventFilterArgument>,
  cluster: string | undefined,
  { mirror }: ToolContext,
): EventFilter {
  const guest = argument.guest === undefined ? undefined : findGuest(mirror, argument.guest, cluster);
  return {
    types: argument.types,
    minSeverity: argument.severity,
    cluster: guest?.cluster ?? (cluster === '*' ? undefined : cluster),
    vmid: guest?.vmid,
    node: argument.node,
    storage: argument.storage,
    channels: argument.source,
  };
}
