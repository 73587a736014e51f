import { matches, type Incident, type Silence } from '@proxmox-mcp/schemas';
import { type Outcome, pass } from './stage.ts';

/** Whether a silence is in force. @param now milliseconds since the epoch. */
export function isInForce(silence: Silence, now: number): boolean {
  const end = silence.expiredAt ?? silence.until;
  return Date.parse(silence.from) <= now && now < Math.min(Date.parse(end), Date.parse(silence.until));
}

/**
 * Holds what somebody does not want to hear of for now. It is no longer held than that: what still lasts at the end is told then.
 */
export function silence(incident: Incident, silences: readonly Silence[], now: number): Outcome {
  const { snoozedUntil } = incident;
  const snoozed = snoozedUntil === undefined ? 0 : Date.parse(snoozedUntil);
  if (snoozed > now) return { kind: 'hold', reason: 'snoozed', until: snoozed, digest: false };
  const found = silences.find((each) => isInForce(each, now) && matches(each.match, incident));
  if (found === undefined) return pass('not-silenced');
  const until = Date.parse(found.until);
  const detail = `${found.id}, by ${found.by}: ${found.reason}`;
  return { kind: 'hold', reason: 'silenced', until, digest: false, silence: found.id, detail };
}
