import * as z from 'zod';
import { Timestamp } from './event.ts';

/** Where a claim comes from, so that a person can look for themselves. */
export const Evidence = z.strictObject({
  /** Short name of what was looked at: `task log`, `cluster/status from pve2`. */
  source: z.string().max(200),
  /** API path, event id or UPID. Never carries a secret. */
  ref: z.string().max(600),
  /** What was seen there. Untrusted text, bounded. */
  excerpt: z.string().max(2_000).optional(),
});
export type Evidence = z.infer<typeof Evidence>;

/** One conclusion of a runbook about an incident. */
export const Finding = z.strictObject({
  /** `<runbook>/<rule>`, e.g. `rb-32/no-space`: the same conclusion drawn again replaces the older one. */
  id: z.string().max(120),
  runbook: z.string().max(40),
  claim: z.string().max(1_000),
  confidence: z.enum(['low', 'medium', 'high']),
  /** Which guest, storage or node the claim is about, where it is narrower than the incident. */
  subject: z.string().max(200).optional(),
  evidence: z.array(Evidence).max(20),
  /** Other explanations that the evidence excludes. */
  ruledOut: z.array(z.string().max(300)).max(20),
  nextSteps: z.array(z.string().max(500)).max(10),
  at: Timestamp,
});
export type Finding = z.infer<typeof Finding>;

/** What diagnostics publishes on `findings.<incident id>` after one run of one runbook. */
export const Diagnosis = z.strictObject({
  incidentId: z.string(),
  runbook: z.string(),
  findings: z.array(Finding).max(20),
  /** Evidence that could not be had, and why: a privilege, a node that did not answer, a timeout. */
  missing: z.array(z.string().max(500)).max(20),
  at: Timestamp,
});
export type Diagnosis = z.infer<typeof Diagnosis>;
