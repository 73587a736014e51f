import { hash } from 'node:crypto';
import type { Channel, Event, EventDraft } from '@proxmox-mcp/schemas';
import { titleOf } from '@proxmox-mcp/proxmox-events';

/** A sender's clock may run this far ahead of ours before we stop believing it (PROXMOX §G.6). */
const MAX_AHEAD_MS = 10 * 60_000;
const MINUTE_MS = 60_000;
const MAX_TITLE = 500;
const MAX_TEXT_TITLE = 1_000;
const MAX_TEXT_BODY = 65_536;

export interface FinishOptions {
  readonly channel: Channel;
  readonly source: string;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  /** Input the draft came from; part of the id where the draft has no identity. */
  readonly raw: Buffer | string;
  /** Position of the draft among those of the same input. */
  readonly index: number;
}

/** Makes an `Event` of a draft: adds id, channel, source, times and title, and bounds what the sender wrote. */
export function finishEvent(draft: EventDraft, options: FinishOptions): Event {
  const { identity, occurredAtGuess, text, facts, ...rest } = draft;
  const sentAt = draft.at ?? occurredAtGuess;
  const skewed = sentAt !== undefined && sentAt * 1000 > options.receivedAt + MAX_AHEAD_MS;
  const occurredMs = sentAt === undefined || skewed ? options.receivedAt : sentAt * 1000;
  return {
    ...rest,
    id: eventId(identity, sentAt, options),
    channel: options.channel,
    source: options.source,
    occurredAt: new Date(occurredMs).toISOString(),
    receivedAt: new Date(options.receivedAt).toISOString(),
    title: titleOf(draft).slice(0, MAX_TITLE),
    facts: skewed ? { ...facts, clock_skew: true } : { ...facts },
    ...(text === undefined ? {} : { text: bounded(text) }),
  };
}

function bounded(text: NonNullable<EventDraft['text']>): NonNullable<Event['text']> {
  return {
    ...(text.title === undefined ? {} : { title: text.title.slice(0, MAX_TEXT_TITLE) }),
    ...(text.body === undefined ? {} : { body: text.body.slice(0, MAX_TEXT_BODY) }),
  };
}

/**
 * The same input from the same source always gives the same id. An input that carries neither an identity nor a time is
 * told apart by the minute it arrived in, or tomorrow's equal message would be taken for a resend of today's.
 */
function eventId(identity: string | undefined, sentAt: number | undefined, options: FinishOptions): string {
  const { channel, source, receivedAt, index, raw } = options;
  const origin = `${channel}\0${source}\0`;
  if (identity !== undefined) return idOf(`${origin}identity\0${identity}`);
  const when = sentAt ?? `minute ${Math.floor(receivedAt / MINUTE_MS)}`;
  const before = `${origin}raw\0${when}\0${index}\0`;
  return idOf(typeof raw === 'string' ? before + raw : Buffer.concat([Buffer.from(before), raw]));
}

// In one call: a hash object for each line costs more than the hashing.
const idOf = (input: string | Buffer): string => `ev-${hash('sha256', input, 'base64url').slice(0, 26)}`;
