import * as z from 'zod';
import { DeadLetter } from './dead-letter.ts';
import { Channel, Event, Timestamp } from './event.ts';
import { Fact } from './fact.ts';
import { Incident, IncidentStatus } from './incident.ts';
import { RawInput } from './raw-input.ts';
import { Severity } from './severity.ts';

const limit = z.int().min(1).max(500).default(50);
const page = {
  limit,
  /** Opaque; continues after the last row of the answer that gave it. */
  cursor: z.string().max(200).optional(),
};
const span = { since: Timestamp.optional(), until: Timestamp.optional() };
const about = {
  cluster: z.string().optional(),
  node: z.string().optional(),
  vmid: z.int().optional(),
  storage: z.string().optional(),
};

/** `state.query.events`: history, newest first unless `order` says otherwise. */
export const EventsQuery = z.strictObject({
  ...page,
  ...span,
  ...about,
  /** Globs over the type: `backup.*`, `*.failed`. */
  types: z.array(z.string().max(80)).max(20).optional(),
  channels: z.array(z.string()).max(10).optional(),
  sources: z.array(z.string()).max(20).optional(),
  minSeverity: Severity.optional(),
  upid: z.string().optional(),
  ids: z.array(z.string()).max(500).optional(),
  /** Case-insensitive substring of the title. */
  text: z.string().max(200).optional(),
  order: z.enum(['newest', 'oldest']).default('newest'),
});
export type EventsQuery = z.infer<typeof EventsQuery>;
export const EventsAnswer = z.object({
  items: z.array(Event.extend({ seq: z.int() })),
  nextCursor: z.string().optional(),
});
export type EventsAnswer = z.infer<typeof EventsAnswer>;

/** `state.query.facts`: one row per real happening; tasks are the facts with a UPID. */
export const FactsQuery = z.strictObject({
  ...page,
  ...span,
  ...about,
  id: z.string().optional(),
  upid: z.string().optional(),
  types: z.array(z.string().max(80)).max(20).optional(),
  minSeverity: Severity.optional(),
  /** Only facts that are tasks (have a UPID). */
  tasks: z.boolean().optional(),
  /** `true`: not ended yet; `false`: ended. */
  running: z.boolean().optional(),
  /** Proxmox's own word for the worker: `vzdump`, `qmstart`. */
  taskType: z.string().max(80).optional(),
  user: z.string().optional(),
});
export type FactsQuery = z.infer<typeof FactsQuery>;
export const FactsAnswer = z.object({ items: z.array(Fact), nextCursor: z.string().optional() });
export type FactsAnswer = z.infer<typeof FactsAnswer>;

/** `state.query.incidents`: newest change first. */
export const IncidentsQuery = z.strictObject({
  ...page,
  ...span,
  ...about,
  id: z.string().optional(),
  statuses: z.array(IncidentStatus).max(8).optional(),
  /** Globs over the condition: `backup.*`. */
  conditions: z.array(z.string().max(80)).max(20).optional(),
  minSeverity: Severity.optional(),
});
export type IncidentsQuery = z.infer<typeof IncidentsQuery>;
export const IncidentsAnswer = z.object({ items: z.array(Incident), nextCursor: z.string().optional() });
export type IncidentsAnswer = z.infer<typeof IncidentsAnswer>;

/** `state.query.raw`: one input by its own id or that of an event, or those of a span, oldest first. */
export const RawQuery = z.strictObject({
  ...page,
  ...span,
  id: z.string().max(200).optional(),
  channels: z.array(Channel).max(10).optional(),
});
export type RawQuery = z.infer<typeof RawQuery>;
export const RawAnswer = z.object({
  /** Fewer than asked for where they are large: the answer is one message. */
  items: z.array(z.object({ raw: RawInput, /** What it became, as it is kept. */ events: z.array(Event) })),
  nextCursor: z.string().optional(),
});
export type RawAnswer = z.infer<typeof RawAnswer>;

/** `state.query.deadletters`: newest first unless `order` says otherwise. */
export const DeadLettersQuery = z.strictObject({
  ...page,
  ...span,
  service: z.string().max(100).optional(),
  reason: z.string().max(100).optional(),
  order: z.enum(['newest', 'oldest']).default('newest'),
});
export type DeadLettersQuery = z.infer<typeof DeadLettersQuery>;
export const DeadLettersAnswer = z.object({
  items: z.array(DeadLetter.extend({ id: z.string() })),
  nextCursor: z.string().optional(),
});
export type DeadLettersAnswer = z.infer<typeof DeadLettersAnswer>;

/** `state.command.incident`: a person or token changes an incident. */
export const IncidentCommand = z.strictObject({
  id: z.string(),
  op: z.enum(['acknowledge', 'snooze', 'resolve', 'reopen', 'comment', 'assign', 'merge']),
  /** Only of `merge`: the incident that takes this one's facts. */
  into: z.string().max(80).optional(),
  by: z.string().max(200),
  note: z.string().max(4_000).optional(),
  until: Timestamp.optional(),
  assignee: z.string().max(200).optional(),
});
export type IncidentCommand = z.infer<typeof IncidentCommand>;
export const IncidentCommandAnswer = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), incident: Incident }),
  z.object({ ok: z.literal(false), code: z.enum(['not_found', 'invalid']), message: z.string() }),
]);
export type IncidentCommandAnswer = z.infer<typeof IncidentCommandAnswer>;
