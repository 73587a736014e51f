import type { Incident } from '@proxmox-mcp/schemas';
import type { Outcome } from './stage.ts';

/** What becomes of a step whose time has come. */
export type LadderDecision =
  | { readonly kind: 'go' }
  /** Nobody needs the rest of the ladder. */
  | { readonly kind: 'stop' }
  /** Not now; milliseconds since the epoch. */
  | { readonly kind: 'wait'; readonly untilMs: number };

/** How often is looked whether what keeps a ladder waiting is over. */
const LOOK_MS = 60_000;

/**
 * Decides whether the next ones are told that nobody has acknowledged an incident. Whoever acknowledges it has it in hand; while it is
 * snoozed, silenced, explained by something else or being mended, the ladder waits.
 *
 * @param silenced what the silence stage says now.
 */
export function ladderAt(incident: Incident, silenced: Outcome, now: number): LadderDecision {
  switch (incident.status) {
    case 'resolved':
    case 'acknowledged':
      return { kind: 'stop' };
    case 'suppressed':
    case 'remediating':
    case 'verifying':
      return { kind: 'wait', untilMs: now + LOOK_MS };
    case 'open':
    case 'flapping':
    case 'stale':
      // An acknowledgement outlasts what happens to the status after it.
      if (incident.acknowledgedAt !== undefined) return { kind: 'stop' };
      if (silenced.kind === 'hold') return { kind: 'wait', untilMs: Math.min(silenced.until, now + LOOK_MS) };
      return { kind: 'go' };
  }
}
