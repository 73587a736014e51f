import type { Incident, Severity } from '@proxmox-mcp/schemas';
import { compareSeverity } from '@proxmox-mcp/schemas';

/** Why an opening is told to nobody. Pinned: receipts and metrics carry these words. */
export type SuppressReason =
  'below-min-severity' | 'resolved-before-sent' | 'incident-suppressed' | 'snoozed';

/** What the operator decided about routing. */
export interface RoutePolicy {
  readonly minSeverity: Severity;
  /** Enabled channels, in the order of the list. */
  readonly channels: readonly string[];
}

/** Either the channels to tell, or why none is told. */
export type RouteDecision =
  | { readonly kind: 'send'; readonly channels: readonly string[] }
  | { readonly kind: 'suppress'; readonly channels: readonly string[]; readonly reason: SuppressReason };

/**
 * Decides who is told that an incident opened. Sees the newest copy of the incident, so that one that is over, hushed or
 * snoozed by the time of sending is told to nobody.
 *
 * @param now milliseconds since the epoch.
 */
export function routeOpening(incident: Incident, policy: RoutePolicy, now: number): RouteDecision {
  const { channels } = policy;
  const suppress = (reason: SuppressReason): RouteDecision => ({ kind: 'suppress', channels, reason });
  if (incident.status === 'resolved') return suppress('resolved-before-sent');
  if (incident.status === 'suppressed') return suppress('incident-suppressed');
  if (incident.snoozedUntil !== undefined && Date.parse(incident.snoozedUntil) > now)
    return suppress('snoozed');
  if (compareSeverity(incident.severity, policy.minSeverity) < 0) return suppress('below-min-severity');
  return { kind: 'send', channels };
}
