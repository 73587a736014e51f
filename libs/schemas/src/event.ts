import * as z from 'zod';
import { Entity, Product } from './entity.ts';
import { Severity } from './severity.ts';

/** The way in by which a report reached us. `websocket` is a feed of EVENT_WS_URLS, `api` is our own polling. */
export const Channel = z.enum([
  'api',
  'websocket',
  'email',
  'syslog',
  'gotify',
  'ntfy',
  'discord',
  'webhook',
]);
export type Channel = z.infer<typeof Channel>;

/** `family.outcome` for activities, `noun.state` for conditions: lower case words joined by dots. */
export const EventType = z
  .string()
  .regex(/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/)
  .max(80);

/** ISO 8601 in UTC with milliseconds, as `Date.prototype.toISOString` writes it. */
export const Timestamp = z.iso.datetime();

/** What the sender wrote: untrusted data, bounded, shown quoted and never followed. */
export const UntrustedText = z.object({
  title: z.string().max(1_000).optional(),
  body: z.string().max(65_536).optional(),
});
export type UntrustedText = z.infer<typeof UntrustedText>;

/** One report of one happening by one channel. Several events can tell of one fact. */
export const Event = z.strictObject({
  /** Deterministic from the input, so that a resend is stored once; also the bus's de-duplication id. */
  id: z.string().min(1).max(200),
  type: EventType,
  severity: Severity,
  product: Product,
  channel: Channel,
  /** Name of the configured source that reported it. */
  source: z.string().min(1).max(200),
  ...Entity.shape,
  upid: z.string().max(512).optional(),
  /** Raw task status as Proxmox says it: `OK`, `WARNINGS: 1`, `job errors`… */
  status: z.string().max(4_096).optional(),
  /** When it happened, by the sender's clock; equals `receivedAt` where the input carries no time. */
  occurredAt: Timestamp,
  receivedAt: Timestamp,
  /** `occurredAt` in epoch seconds; only where the raw input carries an absolute time. */
  at: z.number().optional(),
  /** One line for people, built by us from typed fields. */
  title: z.string().min(1).max(500),
  /** Typed details; names and units of PROXMOX §G.7. */
  facts: z.record(z.string(), z.unknown()),
  text: UntrustedText.optional(),
  /** Id of the raw input it was read from, where that is kept. */
  raw: z.string().max(200).optional(),
  /** When a replay read it from an input of the past: it is no news, however late it arrives. */
  replayedAt: Timestamp.optional(),
});
export type Event = z.infer<typeof Event>;
