import * as z from 'zod';
import { Timestamp } from './event.ts';
import { Incident } from './incident.ts';
import { Match } from './match.ts';
import { DeliveryReceipt } from './notification.ts';

/** A time in which what is matched is expected to be away: nothing about it is told until the end. Key of the `MAINTENANCE` key-value. */
export const MaintenanceWindow = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9_-]{1,80}$/),
  match: Match,
  from: Timestamp,
  until: Timestamp,
  reason: z.string().max(500),
  /** Principal, `config`, or `auto`. */
  by: z.string().max(200),
  /** `mute`: told to nobody until it ends; `annotate`: told, with a line that says so. */
  effect: z.enum(['mute', 'annotate']),
  /** Closed before its time. */
  closedAt: Timestamp.optional(),
  /** What it kept from people, counted a few minutes after its end; absent before. */
  report: z
    .strictObject({
      at: Timestamp,
      /** Incidents that it put aside. */
      incidents: z.int().nonnegative(),
      /** Those of them that were not over yet. */
      open: z.int().nonnegative(),
      /** Of the open ones first, the worst first. */
      titles: z.array(z.string().max(500)).max(20),
    })
    .optional(),
});
export type MaintenanceWindow = z.infer<typeof MaintenanceWindow>;

/**
 * `state.command.maintenance`. `open` wants `match` (`{}` is everything), `until` and `reason`; `extend` an `id` and `until`, `close` an
 * `id`. A repeated command changes nothing.
 */
export const MaintenanceCommand = z.strictObject({
  op: z.enum(['open', 'extend', 'close', 'list']),
  by: z.string().max(200),
  id: z.string().max(80).optional(),
  match: Match.optional(),
  from: Timestamp.optional(),
  until: Timestamp.optional(),
  reason: z.string().max(500).optional(),
  effect: z.enum(['mute', 'annotate']).optional(),
});
export type MaintenanceCommand = z.infer<typeof MaintenanceCommand>;

const refused = z.object({
  ok: z.literal(false),
  code: z.enum(['not_found', 'invalid']),
  message: z.string(),
});

export const MaintenanceAnswer = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    /** The window that the command was about. */
    window: MaintenanceWindow.optional(),
    /** Those that are open or still to come. */
    windows: z.array(MaintenanceWindow),
    /** Those that ended within the last days, with their reports, the newest first; at most 50. */
    ended: z.array(MaintenanceWindow).optional(),
  }),
  refused,
]);
export type MaintenanceAnswer = z.infer<typeof MaintenanceAnswer>;

/** Nothing that is matched is told while it lasts; incidents go on. Key of the `SILENCES` key-value. */
export const Silence = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9_-]{1,80}$/),
  match: Match,
  from: Timestamp,
  until: Timestamp,
  reason: z.string().max(500),
  by: z.string().max(200),
  expiredAt: Timestamp.optional(),
});
export type Silence = z.infer<typeof Silence>;

/** `notifier.command.silence`. `preview` answers what `match` would hit and changes nothing. */
export const SilenceCommand = z.strictObject({
  op: z.enum(['add', 'list', 'expire', 'preview']),
  by: z.string().max(200),
  id: z.string().max(80).optional(),
  match: Match.optional(),
  from: Timestamp.optional(),
  until: Timestamp.optional(),
  reason: z.string().max(500).optional(),
});
export type SilenceCommand = z.infer<typeof SilenceCommand>;
export const SilenceAnswer = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    silence: Silence.optional(),
    /** Those in force or still to come. */
    silences: z.array(Silence),
    /** Open incidents that are hit, newest first, at most 50. */
    hits: z.array(Incident.pick({ id: true, title: true, severity: true })),
  }),
  refused,
]);
export type SilenceAnswer = z.infer<typeof SilenceAnswer>;

/** `notifier.query.explain`: what would become of an incident's message now, and what became of it. */
export const ExplainQuery = z.strictObject({
  incidentId: z.string().max(80),
  /** As if it were this time. */
  at: Timestamp.optional(),
});
export type ExplainQuery = z.infer<typeof ExplainQuery>;
export const ExplainAnswer = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    /** In the order of the stages; the first that suppresses or holds is the last. */
    steps: z.array(
      z.object({
        stage: z.string(),
        outcome: z.enum(['pass', 'hold', 'suppress']),
        /** Enumerated word of the stage. */
        reason: z.string(),
        /** For people: which route, silence or window. */
        detail: z.string().optional(),
      }),
    ),
    /** Who would be told, and when. */
    deliveries: z.array(z.object({ channel: z.string(), at: Timestamp, step: z.int().nonnegative() })),
    receipts: z.array(DeliveryReceipt),
  }),
  refused,
]);
export type ExplainAnswer = z.infer<typeof ExplainAnswer>;

/** `notifier.query.preview`: exactly what would be sent. */
export const PreviewQuery = z.strictObject({
  incidentId: z.string().max(80),
  kind: z.enum(['opened', 'resolved']).default('opened'),
  /** One channel; without it those that are on. */
  channel: z.string().max(40).optional(),
  preset: z.string().max(40).optional(),
});
export type PreviewQuery = z.infer<typeof PreviewQuery>;
export const PreviewAnswer = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    messages: z.array(z.object({ channel: z.string(), title: z.string(), body: z.string() })),
  }),
  refused,
]);
export type PreviewAnswer = z.infer<typeof PreviewAnswer>;

/** `notifier.command.redrive`: sends a notification again that was given up. */
export const RedriveCommand = z.strictObject({
  /** Of the receipt that says `failed`. */
  id: z.string().max(120),
  by: z.string().max(200),
});
export type RedriveCommand = z.infer<typeof RedriveCommand>;
export const RedriveAnswer = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), receipt: DeliveryReceipt }),
  refused,
]);
export type RedriveAnswer = z.infer<typeof RedriveAnswer>;
