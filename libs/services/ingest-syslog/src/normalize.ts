import {
  normalizeSyslogLine,
  type HostIndex,
  type KnownHost,
  type LocalClock,
} from '@proxmox-mcp/proxmox-events';
import type { EventDraft, NormalizeResult } from '@proxmox-mcp/schemas';
import type { ParsedMessage, Stamp } from './parsed-message.ts';

/** A stamp this far ahead of us still belongs to this year: clocks and zones may be off by that much. */
const AHEAD_S = 86_400;
/** Nobody's clock is set back by anything but an hour or, on Lord Howe Island, half of one. */
const SHIFTS_S = [3_600, 1_800];
/** How far a host's clock may run ahead of ours. */
const SKEW_S = 600;

/** A parsed message of a host we know. */
export interface HostMessage {
  readonly parsed: ParsedMessage;
  readonly host: KnownHost;
  /** Second line of the kernel's two about a kill for memory. */
  readonly next?: string;
}

/**
 * Turns a message into what happened. Only here do the protocol's words meet ours.
 *
 * @param receivedAt epoch milliseconds; gives RFC 3164 stamps their year.
 */
export function normalizeMessage(
  message: HostMessage,
  index: HostIndex,
  receivedAt: number,
): NormalizeResult {
  const { parsed, host, next } = message;
  // What the header said stands under the names that the reader of lines has for it, and the host is the origin.
  const outcome = normalizeSyslogLine(next === undefined ? parsed : { ...parsed, next }, host);
  if ('ignore' in outcome) return { ignore: true, reason: outcome.ignore };
  if ('reject' in outcome) return { reject: true, reason: outcome.reject };
  return { events: [{ ...outcome.draft, ...timeOf(parsed.stamp, { host, index, receivedAt }) }] };
}

function timeOf(
  stamp: Stamp,
  { host, index, receivedAt }: { host: KnownHost; index: HostIndex; receivedAt: number },
): Pick<EventDraft, 'at' | 'occurredAtGuess'> {
  if (stamp.kind === 'absolute') return { at: Math.floor(stamp.epochMs / 1000) };
  if (stamp.kind === 'none') return {};
  const clock = index.clockOf(host.source);
  const now = Math.floor(receivedAt / 1000);
  // The latest year whose stamp would not lie in the future.
  const { year } = clock.wallOf(now + AHEAD_S);
  // RFC 3164 §4.1.2 has no year: "Dec 31" read on 1 January is last year's, and must not land in the future.
  for (const candidate of [year, year - 1]) {
    const epoch = clock.epochOf({ ...stamp, year: candidate });
    if (epoch !== undefined && epoch <= now + AHEAD_S) {
      return { occurredAtGuess: secondPass(epoch, clock, now) ?? epoch };
    }
  }
  return {};
}

/**
 * At the end of summer time the clock shows an hour twice. A line is heard within seconds as a rule, so it is of the second pass
 * once that has come. @returns `undefined` when the clock showed the reading once, or the second time is still to come.
 */
function secondPass(epoch: number, clock: LocalClock, now: number): number | undefined {
  // Of a line that was just written it is still to come: most cost no more than this.
  const come = SHIFTS_S.map((shift) => epoch + shift).filter((later) => later <= now + SKEW_S);
  if (come.length === 0) return undefined;
  const wall = clock.wallOf(epoch);
  return come.find((later) => {
    const again = clock.wallOf(later);
    return again.hour === wall.hour && again.minute === wall.minute && again.day === wall.day;
  });
}
