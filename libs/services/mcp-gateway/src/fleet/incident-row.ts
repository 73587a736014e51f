import type { Incident } from '@proxmox-mcp/schemas';
import { markFreeText, plainWord, untrusted } from '../call/untrusted.ts';
import { ownWords } from './rows.ts';

/** Entries of a timeline whose text is made of our words and quoted titles. */
const OURS: ReadonlySet<string> = new Set([
  'opened',
  'fact',
  'acknowledged',
  'snoozed',
  'resolved',
  'reopened',
  'comment',
]);

/** Parts of an incident a caller may ask for. */
export const INCIDENT_PARTS = ['timeline', 'evidence', 'related', 'runbook', 'why'] as const;
export type IncidentPart = (typeof INCIDENT_PARTS)[number];

/** An incident; what people and tasks wrote in it is marked. Why it is hushed, stale or flapping is always said. */
export function incidentRow(
  incident: Incident,
  parts: ReadonlySet<IncidentPart> = new Set(),
): Record<string, unknown> {
  const {
    timeline,
    findings,
    facts,
    cause,
    assignee,
    why,
    suppression,
    affected,
    tags,
    pool,
    key: _key,
    revision: _revision,
    ...plain
  } = incident;
  return {
    ...plain,
    title: ownWords(incident.title),
    ...(assignee === undefined ? {} : { assignee: markFreeText(assignee) }),
    ...(cause === undefined ? {} : { cause: untrusted(cause) }),
    // The text may give the reason that somebody wrote for a window.
    ...(suppression === undefined
      ? {}
      : { suppression: { ...suppression, text: untrusted(suppression.text) } }),
    ...flapping(incident),
    ...(affected === undefined
      ? {}
      : { affected: { ...affected, names: affected.names.map((name) => plainWord(name)) } }),
    ...(tags === undefined ? {} : { tags: tags.map((tag) => plainWord(tag)) }),
    ...(pool === undefined ? {} : { pool: plainWord(pool) }),
    // What was read is what a host or a task said.
    ...(why === undefined || !parts.has('why') ? {} : { why: markFreeText(why) }),
    findings: findings.map((finding) => ({
      id: finding.id,
      claim: markFreeText(finding.claim),
      confidence: finding.confidence,
      ...(finding.subject === undefined ? {} : { subject: finding.subject }),
      ...(parts.has('evidence')
        ? {
            evidence: finding.evidence.map(({ excerpt, ...rest }) => ({
              ...rest,
              ...(excerpt === undefined ? {} : { excerpt: untrusted(excerpt) }),
            })),
            ruled_out: finding.ruledOut,
          }
        : {}),
      ...(parts.has('runbook') ? { runbook: finding.runbook, next_steps: finding.nextSteps } : {}),
    })),
    ...(parts.has('timeline')
      ? {
          timeline: timeline.map(({ note, text, ...entry }) => ({
            ...entry,
            // A claim quotes what was found, and an assignment whom somebody named.
            text: OURS.has(entry.what) ? ownWords(text) : markFreeText(text),
            ...(note === undefined ? {} : { note: untrusted(note) }),
          })),
        }
      : {}),
    ...(parts.has('related') ? { facts } : {}),
  };
}

/** An incident in the list of another one's relatives. */
export function briefIncident({ id, status, severity, title }: Incident): Record<string, unknown> {
  return { id, status, severity, title: ownWords(title) };
}

/** Since when it comes and goes, as its history says. */
function flapping({ status, timeline }: Incident): Record<string, unknown> {
  if (status !== 'flapping') return {};
  const since = timeline.findLast(({ what }) => what === 'flapping');
  return since === undefined ? {} : { flapping: { since: since.at, text: markFreeText(since.text) } };
}
