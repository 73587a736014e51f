import { createHash } from 'node:crypto';
import type { Diagnosis, Incident } from '@proxmox-mcp/schemas';
import type { LabAccess } from './lab/lab-access.ts';
import { conclude, type Runbook } from './runbooks/runbook.ts';

/** Longest run of a runbook, in milliseconds; what has not been had by then is named as missing. */
export const RUN_BUDGET_MS = 10_000;

/** Runs a runbook for an incident. Never throws for what the far end does: a partial answer is an answer. */
export async function diagnose(
  runbook: Runbook,
  incident: Incident,
  access: LabAccess,
  options: { readonly now: () => number; readonly signal: AbortSignal },
): Promise<Diagnosis> {
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(RUN_BUDGET_MS)]);
  const { evidence, missing } = await runbook.collect(incident, access, signal);
  const at = new Date(options.now()).toISOString();
  const findings = conclude(runbook, evidence, at).slice(0, 20);
  return { incidentId: incident.id, runbook: runbook.id, findings, missing: missing.slice(0, 20), at };
}

/** De-duplication id: the same conclusions for the same incident are published once. */
export function diagnosisId({ incidentId, runbook, findings, missing }: Diagnosis): string {
  const content = JSON.stringify([findings.map(({ at: _, ...finding }) => finding), missing]);
  return `${incidentId}/${runbook}/${createHash('sha256').update(content).digest('hex').slice(0, 16)}`;
}
