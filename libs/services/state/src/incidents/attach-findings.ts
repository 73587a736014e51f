import type { Diagnosis, Finding, Incident } from '@proxmox-mcp/schemas';
import { change } from './change.ts';

/** Puts a diagnosis into its incident: the same conclusion drawn again replaces the older one and is not told again. */
export function attachFindings(incident: Incident, diagnosis: Diagnosis, at: string): Incident {
  const before = new Map(incident.findings.map((finding) => [finding.id, finding]));
  const fresh = diagnosis.findings.filter((finding) => !isSame(before.get(finding.id), finding));
  if (fresh.length === 0) return incident;
  const drawn = new Set(diagnosis.findings.map((finding) => finding.id));
  // What this runbook concluded before and does not conclude any more has been superseded by better evidence.
  const kept = incident.findings.filter(
    (finding) => finding.runbook !== diagnosis.runbook && !drawn.has(finding.id),
  );
  const findings = [...kept, ...diagnosis.findings].slice(-50);
  const [first] = [...diagnosis.findings].sort((a, b) => CONFIDENCE[b.confidence] - CONFIDENCE[a.confidence]);
  const text = first === undefined ? 'Diagnosed' : first.claim;
  // Facts tell the cause of a failure better; where they tell none, and of conditions, the best conclusion so far does.
  const isConcluded =
    incident.cause === undefined ||
    !incident.condition.endsWith('.failed') ||
    incident.findings.some(({ claim }) => claim === incident.cause);
  return change(incident, { findings, ...(isConcluded && first ? { cause: first.claim } : {}) }, at, {
    what: 'finding',
    text: text.slice(0, 1_000),
    ref: diagnosis.runbook,
  });
}

const CONFIDENCE: Readonly<Record<Finding['confidence'], number>> = { low: 0, medium: 1, high: 2 };

function isSame(a: Finding | undefined, b: Finding): boolean {
  if (a === undefined) return false;
  const content = (finding: Finding) =>
    JSON.stringify([finding.claim, finding.confidence, finding.subject, finding.nextSteps]);
  return content(a) === content(b);
}
