import type { Incident, Suppression } from '@proxmox-mcp/schemas';

/** Why an incident need not be told: its cause is told, it is expected, or something under way explains it. */
export interface Explanation extends Omit<Suppression, 'since'> {
  /** It is no problem and will not become one: somebody wanted it so. Nothing opens, and what has opened ends. */
  readonly isForGood?: boolean;
}

/** What an incident shows of its explanation. */
export function suppressionOf({ reason, by, text }: Explanation, since: string): Suppression {
  return { reason, by, text: text.slice(0, 500), since };
}

/**
 * Looks for one kind of explanation of an open incident, as it is now. Asked when the incident opens, and again and again while it
 * is young or explained: what was an explanation may be over.
 */
export interface Explainer {
  /** Its file. */
  readonly name: string;
  explain(incident: Incident, now: number): Explanation | undefined;
}

/** Severity does not matter: an explained critical is as explained. Of several explanations the first in the list counts. */
export function explanationOf(
  explainers: readonly Explainer[],
  incident: Incident,
  now: number,
): Explanation | undefined {
  for (const explainer of explainers) {
    const found = explainer.explain(incident, now);
    if (found !== undefined) return found;
  }
  return undefined;
}
