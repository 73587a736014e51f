import { OWN_NOTIFICATION, type EventDraft, type NormalizeResult, type Severity } from '@proxmox-mcp/schemas';
import { isRecord } from '../input.ts';
import { raisedBySource } from '../severity.ts';
import { normalizeNotification } from './normalize-notification.ts';
import type { NotificationInput, NotificationRoute } from './notification.ts';

/** Longest number Gotify's clients send; its server stores any integer. */
const MAX_PRIORITY = 1_000;

/** A Gotify message as a notification, whether it was posted to us or read from a server. */
export interface GotifyNotification {
  readonly input: NotificationInput;
  /** 1 info, 3 notice or unknown, 5 warning, 9 error, where Proxmox is the sender (PROXMOX §C.5). */
  readonly priority?: number | undefined;
}

/** A Gotify message as it is posted. */
export interface GotifyPost extends GotifyNotification {
  /** The message is in the Markdown fence that Proxmox puts around every one. */
  readonly isFenced: boolean;
  /** Our own notifier wrote it. */
  readonly isOwn: boolean;
}

/** Why a body is no Gotify message. */
export interface GotifyRefusal {
  readonly reject: true;
  readonly reason: 'schema';
  readonly detail: string;
}

/** Reads `{title, message, priority, extras}`; a priority may be a text, as forms have it. Other keys are not looked at. */
export function readGotifyPost(body: unknown): GotifyPost | GotifyRefusal {
  const refuse = (detail: string): GotifyRefusal => ({ reject: true, reason: 'schema', detail });
  if (!isRecord(body)) return refuse('not an object');
  const { title = '', message, priority, extras } = body;
  if (typeof message !== 'string' || message.trim() === '') return refuse("field 'message' is required");
  if (typeof title !== 'string') return refuse("field 'title' is no text");
  const number = typeof priority === 'string' && /^-?\d{1,4}$/.test(priority) ? Number(priority) : priority;
  if (number !== undefined && number !== null && !isPriority(number))
    return refuse("field 'priority' is no whole number");
  return {
    input: { title, message },
    ...(isPriority(number) ? { priority: number } : {}),
    isFenced: isFenced(message),
    isOwn: isOwnGotifyMessage(extras),
  };
}

/** Whether a message is in the fence that Proxmox puts around every one. */
export function isFenced(message: string): boolean {
  return message.trimStart().startsWith('```');
}

/** Whether the `extras` of a message say that our own notifier wrote it: news about events are no events. */
export function isOwnGotifyMessage(extras: unknown): boolean {
  return isRecord(extras) && Object.hasOwn(extras, OWN_NOTIFICATION.gotifyExtra);
}

/** The notification that a Gotify message carries, with the priority beside it. Whose message it is, the caller has found out. */
export function normalizeGotifyMessage(
  { input, priority }: GotifyNotification,
  route: NotificationRoute,
): NormalizeResult {
  const result = normalizeNotification(input, route);
  if (!('events' in result) || priority === undefined) return result;
  return {
    ...result,
    events: result.events.map((draft) => ({
      ...draft,
      facts: { ...draft.facts, gotify_priority: priority },
    })),
  };
}

/** The notification that was posted to us; what is in no fence is another application's. */
export function normalizeGotifyPost(post: GotifyPost, route: NotificationRoute): NormalizeResult {
  if (post.isOwn) return { ignore: true, reason: 'own-notification' };
  if (!post.isFenced) return { reject: true, reason: 'not-proxmox' };
  const result = normalizeGotifyMessage(post, route);
  if (!('events' in result) || post.priority === undefined) return result;
  const severity = severityOfPriority(post.priority);
  return { ...result, events: result.events.map((draft) => raised(draft, severity)) };
}

/** The severity that Proxmox gives this priority; 3 is `notice` and `unknown` both, and the milder one is believed. */
export function severityOfPriority(priority: number): Severity {
  if (priority >= 8) return 'error';
  if (priority >= 5) return 'warning';
  return priority >= 4 ? 'notice' : 'info';
}

/**
 * The severity that a priority stands for in proxmox-notify and hardly anywhere else, as the guess it is in a message read among
 * those of others. 3 stands for two of them, and 1 would vouch for a success that the text has to show.
 */
export function guessedSeverityOf(priority: number | undefined): Severity | undefined {
  if (priority === 9) return 'error';
  return priority === 5 ? 'warning' : undefined;
}

/** A type that nobody knows is as bad as its sender says. */
function raised(draft: EventDraft, severity: Severity): EventDraft {
  if (draft.type !== 'notification.unmapped') return draft;
  return { ...draft, severity: raisedBySource(draft.severity, severity) };
}

function isPriority(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= MAX_PRIORITY;
}
