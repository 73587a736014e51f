import * as z from 'zod';
import { Timestamp } from './event.ts';
import { Severity } from './severity.ts';

/** Names of the outgoing channels, as in ENABLED_NOTIFIERS without `_OUT`, lower case. */
export const ChannelName = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/);

/** One message for one channel: the payload of `notifications.<channel>`. */
export const Notification = z.strictObject({
  /** Idempotency key: the same id is delivered at most once per channel after the channel's answer was recorded. */
  id: z.string().regex(/^[A-Za-z0-9_-]{1,120}$/),
  channel: ChannelName,
  severity: Severity,
  kind: z.enum(['opened', 'updated', 'resolved', 'message', 'test']),
  title: z.string().max(500),
  body: z.string().max(8_000),
  /** Absolute URL to look further; carries no secret. */
  link: z.url().optional(),
  incidentId: z.string().optional(),
  /** Messages about the same thing share it, so that a channel which can update replaces its older one. */
  thread: z.string().max(200).optional(),
  /** Sent by this channel because another did not take it: that channel, and the id it had there. */
  fallback: z.strictObject({ from: ChannelName, of: z.string().max(120) }).optional(),
  createdAt: Timestamp,
});
export type Notification = z.infer<typeof Notification>;

/**
 * Marks by which our own ways in know what our notifier sent, where both use one server: it is news about events, and taken for an
 * event it would be news about news.
 */
export const OWN_NOTIFICATION = {
  /** Key in a Gotify message's `extras`. */
  gotifyExtra: 'proxmox-mcp::notification',
  /** One of an ntfy message's `tags`. */
  ntfyTag: 'proxmox-mcp',
  /** Start of the footer of a Discord embed, where people see it too; the notification's id follows. */
  discordFooter: 'proxmox-mcp · ',
  /** Header of a mail; its value is the notification's id. */
  mailHeader: 'X-Proxmox-MCP-Notification',
} as const;

/** What became of a notification: value of key `<id>` in the `DELIVERIES` key-value. */
export const DeliveryReceipt = z.strictObject({
  id: z.string(),
  channel: ChannelName,
  incidentId: z.string().optional(),
  /** The incident's when this was decided. */
  severity: Severity.optional(),
  /** `pending`: routed and not yet settled; the only status that changes later. */
  status: z.enum(['pending', 'sent', 'failed', 'suppressed']),
  /** Enumerated reason for `failed` and `suppressed`, and of the last refusal while `pending`: `rejected`, `gave-up`, `duplicate`, `no-route`… */
  reason: z.string().max(200).optional(),
  attempts: z.int().nonnegative(),
  /** When the channel was first tried; giving up is counted from here. */
  firstAttemptAt: Timestamp.optional(),
  /** The channel's own id of the message, where it gave one. */
  remoteId: z.string().max(200).optional(),
  /** Of a `pending` one: not told before this time. */
  heldUntil: Timestamp.optional(),
  /** Id of the notification that tells it instead: a digest, or the same by a fallback channel. Its receipt says whether it was sent. */
  via: z.string().max(120).optional(),
  at: Timestamp,
});
export type DeliveryReceipt = z.infer<typeof DeliveryReceipt>;
