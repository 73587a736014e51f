import { compareSeverity, type Incident } from '@proxmox-mcp/schemas';
import type { Digest, NotifyFile } from '../policy/notify-file.ts';
import { endOfWindow, nextTimeOfDay } from '../policy/time-window.ts';
import { type Outcome, pass, type Reason } from './stage.ts';

/** Windows can follow each other; weeks of them have no end. */
const MAX_WINDOWS = 5;

/**
 * Holds what need not be told at this hour, for one message at the end. Critical is never held.
 *
 * @param digest of the route; `undefined` for what its digest time has come for already.
 */
export function quietHours(
  incident: Incident,
  digest: Digest | undefined,
  { file, now }: { readonly file: NotifyFile; readonly now: number },
): Outcome {
  if (incident.severity === 'critical') return pass('critical');
  const told = digest === undefined ? now : nextDigest(digest, now, file.timezone);
  const until = endOfQuiet(incident, file, told);
  if (until <= now) return pass('not-quiet');
  const reason: Reason = digest === undefined ? 'quiet-hours' : 'digest';
  return { kind: 'hold', reason, until, digest: true };
}

/** When a digest is told next. */
export function nextDigest(digest: Digest, now: number, zone: string): number {
  if (digest.kind === 'daily') return nextTimeOfDay(now, digest.minute, zone);
  return (Math.floor(now / digest.everyMs) + 1) * digest.everyMs;
}

function endOfQuiet(incident: Incident, { quiet_hours, timezone }: NotifyFile, at: number): number {
  const asked = quiet_hours.filter((each) => compareSeverity(incident.severity, each.max_severity) <= 0);
  let end = at;
  for (let i = 0; i < MAX_WINDOWS; i++) {
    const later = Math.max(end, ...asked.map((each) => endOfWindow(each, end, timezone)));
    if (later === end) break;
    end = later;
  }
  return end;
}
