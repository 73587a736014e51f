import type { EventDraft, NormalizeResult, Severity } from '@proxmox-mcp/schemas';
import { isRecord } from '../input.ts';
import { raisedBySource } from '../severity.ts';
import { normalizeNotification } from './normalize-notification.ts';
import type { NotificationInput, NotificationRoute } from './notification.ts';

/** Longest number Gotify's clients send; its server stores any integer. */
const MAX_PRIORITY = 1_000;

/** The part of a Gotify message that its sender wrote, whether it was posted to us or read from a server. */
export interface GotifyPost {
  readonly input: NotificationInput;
  /** 1 info, 3 notice or unknown, 5 warning, 9 error, where Proxmox is the sender (PROXMOX §C.5). */
  readonly priority?: number;
  /** The message is in the Markdown fence that Proxmox puts around every one. */
  readonly isFenced: boolean;
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
  const { title = '', message, priority } = body;
  if (typeof message !== 'string' || message.trim() === '') return refuse("field 'message' is required");
  if (typeof title !== 'string') return refuse("field 'title' is no text");
  const number = typeof priority === 'string' && /^-?\d{1,4}$/.test(priority) ? Number(priority) : priority;
  if (number !== undefined && number !== null && !isPriority(number))
    return refuse("field 'priority' is no whole number");
  return {
    input: { title, message },
    ...(isPriority(number) ? { priority: number } : {}),
    isFenced: message.trimStart().startsWith('```'),
  };
}

/** The notification that a Gotify message of a Proxmox host carries; what is in no fence is another application's. */
export function normalizeGotifyPost(post: GotifyPost, route: NotificationRoute): NormalizeResult {
  if (!post.isFenced) return { reject: true, reason: 'not-proxmox' };
  const result = normalizeNotification(post.input, route);
  if (!('events' in result) || post.priority === undefined) return result;
  const { priority } = post;
  return { ...result, events: result.events.map((draft) => withPriority(draft, priority)) };
}

/** The severity that Proxmox gives this priority; 3 is `notice` and `unknown` both, and the milder one is believed. */
export function severityOfPriority(priority: number): Severity {
  if (priority >= 8) return 'error';
  if (priority >= 5) return 'warning';
  return priority >= 4 ? 'notice' : 'info';
}

function withPriority(draft: EventDraft, priority: number): EventDraft {
  const facts = { ...draft.facts, gotify_priority: priority };
  if (draft.type !== 'notification.unmapped') return { ...draft, facts };
  return { ...draft, severity: raisedBySource(draft.severity, severityOfPriority(priority)), facts };
}

function isPriority(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= MAX_PRIORITY;
}
