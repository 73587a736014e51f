import { hash } from 'node:crypto';
import type { Channel, Event, EventDraft } from '@proxmox-mcp/schemas';
import { titleOf } from '@proxmox-mcp/proxmox-events';
import { createIsoTime } from './iso-time.ts';

/** A sender's clock may run this far ahead of ours before we stop believing it (PROXMOX §G.6). */
const MAX_AHEAD_MS = 10 * 60_000;
const MINUTE_MS = 60_000;
const MAX_TITLE = 500;
const MAX_TEXT_TITLE = 1_000;
const MAX_TEXT_BODY = 65_536;
const RAW_ID = 'raw-';
const occurredTime = createIsoTime();
const receivedTime = createIsoTime();

/** Where drafts come from. */
export interface DraftSource {
  readonly channel: Channel;
  readonly source: string;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
}

export interface FinishOptions extends DraftSource {
  /** Id of the input the draft came from, by `rawIdOf`; the id of a draft without an identity comes from it. */
  readonly rawId: string;
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
    id: eventId(identity, options),
    channel: options.channel,
    source: options.source,
    occurredAt: occurredTime(occurredMs),
    receivedAt: receivedTime(options.receivedAt),
    title: titleOf(draft).slice(0, MAX_TITLE),
    facts: skewed ? { ...facts, clock_skew: true } : { ...facts },
    ...(text === undefined ? {} : { text: bounded(text) }),
    raw: options.rawId,
  };
}

/** Makes the events of one input. */
export function finishEvents(
  drafts: readonly EventDraft[],
  input: DraftSource & { readonly raw: Buffer | string },
): Event[] {
  const { raw, ...from } = input;
  const rawId = rawIdOf(raw, drafts[0], from);
  return drafts.map((draft, index) => finishEvent(draft, { ...from, rawId, index }));
}

function bounded(text: NonNullable<EventDraft['text']>): NonNullable<Event['text']> {
  return {
    ...(text.title === undefined ? {} : { title: text.title.slice(0, MAX_TEXT_TITLE) }),
    ...(text.body === undefined ? {} : { body: text.body.slice(0, MAX_TEXT_BODY) }),
  };
}

/**
 * The id of an input: the same input from the same source always has the same. An input whose first draft carries neither an
 * identity nor a time is told apart by the minute it arrived in, or tomorrow's equal message would be taken for a resend of today's.
 *
 * @param first the first draft it became; a refused input has none.
 */
export function rawIdOf(raw: Buffer | string, first: EventDraft | undefined, from: DraftSource): string {
  const { channel, source, receivedAt } = from;
  const sentAt = first?.at ?? first?.occurredAtGuess;
  const minute = Math.floor(receivedAt / MINUTE_MS);
  const isNamed = first?.identity !== undefined;
  const key = isNamed ? `identity ${first.identity}` : [sentAt ?? `minute ${minute}`, 0].join('\0');
  const before = `${channel}\0${source}\0raw\0${key}\0`;
  const text = digest(typeof raw === 'string' ? before + raw : Buffer.concat([Buffer.from(before), raw]));
  // Begins with the time, so that the ids of a flood lie side by side in the index of whoever stores them: at random, each dirties a
  // page of its own, which was a third of what storing a line cost.
  const seconds = Math.floor(sentAt ?? (isNamed ? 0 : (minute * MINUTE_MS) / 1_000));
  return `${RAW_ID}${seconds.toString(36).padStart(7, '0')}-${text.slice(0, 22)}`;
}

function eventId(identity: string | undefined, { channel, source, rawId, index }: FinishOptions): string {
  if (identity !== undefined) return `ev-${digest(`${channel}\0${source}\0identity\0${identity}`)}`;
  // The input was hashed once, for its own id: that is enough for all that comes from it.
  const own = rawId.slice(RAW_ID.length);
  return `ev-${index === 0 ? own : digest(`${own}\0${index}`)}`;
}

// In one call: a hash object for each line costs more than the hashing.
const digest = (input: string | Buffer): string => hash('sha256', input, 'base64url').slice(0, 26);
