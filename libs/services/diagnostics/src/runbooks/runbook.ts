import type { Evidence, Finding, Incident } from '@proxmox-mcp/schemas';
import type { LabAccess } from '../lab/lab-access.ts';

/** What a collection gave: whatever could be had, and why the rest could not. */
export interface Collected<E> {
  readonly evidence: E;
  /** `task log: needs Sys.Audit on /nodes/pve1`. */
  readonly missing: readonly string[];
}

/** A conclusion as a rule draws it; runbook and rule give the rest of the finding. */
export interface Conclusion {
  readonly claim: string;
  readonly confidence: Finding['confidence'];
  readonly subject?: string;
  readonly evidence: readonly Evidence[];
  readonly ruledOut?: readonly string[];
  readonly nextSteps?: readonly string[];
}

/** One rule: pure, looks at the evidence and concludes or not. */
export interface Rule<E> {
  /** Last part of the finding's id. */
  readonly id: string;
  /** Whether nothing after it is asked once it has concluded. */
  readonly isFinal?: boolean;
  conclude(evidence: E): Conclusion | undefined;
}

/** Everything about one kind of trouble. Read-only: it looks, it does not touch. */
export interface Runbook<E = unknown> {
  /** `rb-32`. */
  readonly id: string;
  readonly title: string;
  /** Conditions of incidents it is for. */
  readonly conditions: readonly string[];
  /** What it looks at and concludes, for people; Markdown. */
  readonly doc: string;
  /** Gathers evidence with parallel reads; a read that fails is named in `missing`, never thrown. */
  collect(incident: Incident, access: LabAccess, signal: AbortSignal): Promise<Collected<E>>;
  /** In order; the first conclusion comes first in the diagnosis. */
  readonly rules: readonly Rule<E>[];
}

/** Lets a runbook with evidence of its own stand in the list of all. */
export function defineRunbook<E>(runbook: Runbook<E>): Runbook {
  // Evidence goes from a runbook's `collect` to the rules of the very same runbook only.
  return runbook;
}

/** Draws every conclusion the evidence allows. */
export function conclude<E>(runbook: Pick<Runbook<E>, 'id' | 'rules'>, evidence: E, at: string): Finding[] {
  const findings: Finding[] = [];
  for (const rule of runbook.rules) {
    const conclusion = rule.conclude(evidence);
    if (conclusion === undefined) continue;
    const { claim, confidence, subject, ruledOut = [], nextSteps = [] } = conclusion;
    findings.push({
      id: `${runbook.id}/${rule.id}`,
      runbook: runbook.id,
      claim: cut(claim, 1_000),
      confidence,
      ...(subject === undefined ? {} : { subject: cut(subject, 200) }),
      evidence: conclusion.evidence.slice(0, 20).map((item) => ({
        source: cut(item.source, 200),
        ref: cut(item.ref, 600),
        ...(item.excerpt === undefined ? {} : { excerpt: cut(item.excerpt, 2_000) }),
      })),
      ruledOut: ruledOut.slice(0, 20).map((text) => cut(text, 300)),
      nextSteps: nextSteps.slice(0, 10).map((text) => cut(text, 500)),
      at,
    });
    if (rule.isFinal === true) break;
  }
  return findings;
}

/** Cuts to `max` characters. */
export function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1)}…`;
}
