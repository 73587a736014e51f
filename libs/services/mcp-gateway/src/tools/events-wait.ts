import type { Message } from '@proxmox-mcp/bus';
import { filters, IncidentStatus, requests, Severity, type Event, type Incident } from '@proxmox-mcp/schemas';
import * as z from 'zod';
import { decodeCursor, encodeCursor, type EventCursor } from '../call/event-cursor.ts';
import { findGuest } from '../fleet/guest-address.ts';
import { eventRow, incidentRow, taskRow } from '../fleet/rows.ts';
import { wantsEvent, type EventFilter } from '../wait/event-filter.ts';
import { gather, type GatherOptions } from '../wait/gather.ts';
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
    z.looseObject({ matched: z.boolean(), events: z.array(z.looseObject({})), cursor: z.string() }),
  ),
  async run({ until, cluster, timeout_s, cursor }, context) {
    const release = context.takeWait();
    if (release === undefined) {
      throw new ToolError('busy', 'this token waits for too many things at once', {
        hint: 'let one of them end',
      });
    }
    try {
      const from = cursor === undefined ? await here(context) : decodeCursor(cursor);
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
        data: { matched: result.matched, events: result.found, cursor: encodeCursor(wait.seen()) },
      };
    } finally {
      release();
    }
  },
});

async function here({ bus }: ToolContext): Promise<Required<EventCursor>> {
  const [events, incidents] = await Promise.all([bus.lastSeq('EVENTS'), bus.lastSeq('INCIDENTS')]);
  return { events, incidents };
}

interface Wait {
  /** For people, from the arguments' shape only. */
  readonly what: string;
  readonly listen: GatherOptions['listen'];
  /** What a later call can begin after. */
  readonly seen: () => EventCursor;
}

function plan(
  until: z.infer<typeof Until>,
  cluster: string | undefined,
  from: EventCursor,
  context: ToolContext,
): Wait {
  const given = [until.task, until.event, until.guest, until.incident].filter((part) => part !== undefined);
  if (given.length !== 1) {
    throw new ToolError(
      'invalid',
      'until names exactly one of task, event, guest with state, incident with status',
    );
  }
  if (until.task !== undefined) return untilTask(until.task, from, context);
  if (until.event !== undefined) return untilEvent(until.event, cluster, from, context);
  if (until.guest !== undefined) {
    if (until.state === undefined) throw new ToolError('invalid', 'until.guest needs until.state');
    return untilGuest(until.guest, until.state, { cluster, from, context });
  }
  if (until.incident === undefined || until.status === undefined) {
    throw new ToolError('invalid', 'until.incident needs until.status');
  }
  return untilIncident(until.incident, until.status, from, context);
}

function untilEvent(
  argument: z.infer<typeof EventFilterArgument>,
  cluster: string | undefined,
  from: EventCursor,
  { bus, mirror }: ToolContext,
): Wait {
  const guest = argument.guest === undefined ? undefined : findGuest(mirror, argument.guest, cluster);
  const filter: EventFilter = {
    types: argument.types,
    minSeverity: argument.severity,
    cluster: guest?.cluster ?? (cluster === '*' ? undefined : cluster),
    vmid: guest?.vmid,
    node: argument.node,
    storage: argument.storage,
    channels: argument.source,
  };
  let seen = from.events;
  return {
    what: 'an event as asked for',
    seen: () => ({ ...from, events: seen }),
    listen: async (offer) => {
      let isFull = false;
      return [
        await bus.subscribe<Event>({ filters: [filters.allEvents], from: from.events }, ({ data, seq }) => {
          if (isFull) return;
          if (wantsEvent(filter, data) && !offer(eventRow(data, seq))) isFull = true;
          else seen = Math.max(seen, seq);
        }),
      ];
    },
  };
}

function untilGuest(
  address: string,
  state: string,
  { cluster, from, context }: { cluster: string | undefined; from: EventCursor; context: ToolContext },
): Wait {
  const { mirror } = context;
  const { vmid, cluster: inCluster } = findGuest(mirror, address, cluster);
  const events = untilEvent({ types: [`guest.state.${state}`] }, inCluster, from, context);
  const isSo = () =>
    mirror
      .rows('guests')
      .some((row) => row.cluster === inCluster && row.vmid === vmid && row.status === state);
  const now = { how: 'live picture', guest: `${inCluster}/${vmid}`, state };
  return {
    what: `guest ${vmid} is ${state}`,
    seen: events.seen,
    listen: async (offer) => {
      const stopWatching = mirror.onChange(({ table }) => {
        if (table === 'guests' && isSo()) offer(now);
      });
      if (isSo()) offer(now);
      const consumers = await events.listen((match) => !isAbout(match, vmid) || offer(match));
      return [...consumers, stopWatching];
    },
  };
}

function isAbout(row: Record<string, unknown>, vmid: number): boolean {
  const { guest } = row;
  return typeof guest === 'object' && guest !== null && 'vmid' in guest && guest.vmid === vmid;
}

function untilTask(upid: string, from: EventCursor, { bus }: ToolContext): Wait {
  return {
    what: 'the task has ended',
    seen: () => from,
    listen: async (offer) => {
      // Listen first, then ask: a task that ends in between is told by the one or the other.
      const facts = await bus.subscribe({ filters: [filters.allFacts], from: 'new' }, ({ data }) => {
        if (data.upid === upid && data.endedAt !== undefined) offer(taskRow(data));
      });
      const { items } = await bus.request(requests.facts, { upid, limit: 1 });
      for (const fact of items) if (fact.endedAt !== undefined) offer(taskRow(fact));
      return [facts];
    },
  };
}

function untilIncident(
  id: string,
  status: IncidentStatus,
  from: EventCursor,
  { bus, mirror }: ToolContext,
): Wait {
  let seen = from.incidents;
  return {
    what: `incident ${id} is ${status}`,
    seen: () => ({ ...from, incidents: seen }),
    listen: async (offer) => {
      const take = (incident: Incident) => {
        if (incident.id === id && incident.status === status) offer(incidentRow(incident));
      };
      const consumer = await bus.subscribe<Incident>(
        { filters: [filters.allIncidents], from: from.incidents ?? 'new' },
        ({ data, seq }: Message<Incident>) => {
          seen = Math.max(seen ?? 0, seq);
          take(data);
        },
      );
      const present = mirror.incident(id);
      if (present !== undefined) take(present);
      return [consumer];
    },
  };
}
