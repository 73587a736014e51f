import * as z from 'zod';
import { Entity, Product } from './entity.ts';
import { Timestamp } from './event.ts';
import { Finding } from './finding.ts';
import { Severity } from './severity.ts';

/** Lifecycle of CONTRACT §3. `resolved` is the only end. */
export const IncidentStatus = z.enum([
  'open',
  'acknowledged',
  'remediating',
  'verifying',
  'resolved',
  'suppressed',
  'flapping',
  'stale',
]);
export type IncidentStatus = z.infer<typeof IncidentStatus>;

/** One line of an incident's history, oldest first. */
export const TimelineEntry = z.strictObject({
  at: Timestamp,
  /** What happened: `opened`, `fact`, `acknowledged`, `finding`, `resolved`, `comment`, `reopened`, `snoozed`, `suppressed`, `released`, `stale`, `flapping`, `merged`, `maintenance`. */
  what: z.string().max(40),
  /** Built by us from typed fields. */
  text: z.string().max(1_000),
  /** Who did it, for entries made by a person or token. */
  by: z.string().max(200).optional(),
  /** Fact or event the entry refers to. */
  ref: z.string().max(600).optional(),
  /** What a person wrote. Untrusted. */
  note: z.string().max(4_000).optional(),
});
export type TimelineEntry = z.infer<typeof TimelineEntry>;

/** Which rule says so, and by what. */
export const Why = z.strictObject({
  /** Folder of the rule. */
  rule: z.string().max(80),
  /** What was read, and from when on it counts, in `unit`. */
  value: z.union([z.number(), z.string().max(300)]).optional(),
  threshold: z.union([z.number(), z.string().max(300)]).optional(),
  /** `%`, `d`, `h`, `GiB`, `°C`… */
  unit: z.string().max(20).optional(),
  /** Seconds it had to hold. */
  forSeconds: z.number().nonnegative().optional(),
  /** Where the value comes from, where there are several ways: `guest agent`, `balloon`. */
  source: z.string().max(100).optional(),
});
export type Why = z.infer<typeof Why>;

/** Why nobody is told of an incident although it holds. */
export const Suppression = z.strictObject({
  /** `parent`: its cause is told; `maintenance`: expected; `task`: something under way explains it. */
  reason: z.enum(['parent', 'maintenance', 'task', 'rule']),
  /** Id of the incident, window or fact that explains it. */
  by: z.string().max(600),
  /** For people. */
  text: z.string().max(500),
  since: Timestamp,
});
export type Suppression = z.infer<typeof Suppression>;

/** A problem for people, made of the facts about one cause. Identity: (cluster, object, condition). */
export const Incident = z.strictObject({
  /** Letters, digits, `-` and `_` only: it is a token of subjects and keys. */
  id: z.string().regex(/^[A-Za-z0-9_-]{1,80}$/),
  /** Type of what is wrong, e.g. `backup.job.failed`, `node.state.offline`. */
  condition: z.string(),
  /** The stable identity: `<cluster>|<object>|<condition>`. At most one unresolved incident has it. */
  key: z.string(),
  status: IncidentStatus,
  severity: Severity,
  product: Product,
  ...Entity.shape,
  title: z.string(),
  /** Why, in one sentence from typed fields: which guest, which error, which storage. */
  cause: z.string().optional(),
  /** Absent for what is told by an activity's end. */
  why: Why.optional(),
  /** Present exactly while `status` is `suppressed`. */
  suppression: Suppression.optional(),
  /** Incident that this one follows from. */
  parent: z.string().optional(),
  /** Incidents that follow from this one, open and counted since it opened. */
  children: z.int().nonnegative().optional(),
  /** Guests that cannot be used while it lasts. */
  affected: z.strictObject({ guests: z.int().nonnegative(), names: z.array(z.string()).max(20) }).optional(),
  /** Of the guest, for routing. */
  tags: z.array(z.string()).max(50).optional(),
  pool: z.string().optional(),
  /** Since when nothing was heard of its object: present exactly while `status` is `stale`. */
  staleSince: Timestamp.optional(),
  openedAt: Timestamp,
  updatedAt: Timestamp,
  acknowledgedAt: Timestamp.optional(),
  acknowledgedBy: z.string().optional(),
  snoozedUntil: Timestamp.optional(),
  assignee: z.string().optional(),
  resolvedAt: Timestamp.optional(),
  /** What ended it: `recovered`, `succeeded`, `expired` (nothing more was heard of it), `manual`, `merged`, `gone`; `explained`: somebody wanted it so. */
  resolution: z.string().optional(),
  /** Facts about this cause, oldest first; bounded, the count is in `occurrences`. */
  facts: z.array(z.string()).max(200),
  occurrences: z.int().positive(),
  findings: z.array(Finding).max(50),
  timeline: z.array(TimelineEntry).max(500),
  revision: z.int().positive(),
});
export type Incident = z.infer<typeof Incident>;

/** What a change of an incident was, the last token of its subject. */
export const IncidentTransition = z.enum(['opened', 'updated', 'resolved']);
export type IncidentTransition = z.infer<typeof IncidentTransition>;
