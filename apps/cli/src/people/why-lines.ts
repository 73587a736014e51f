import * as z from 'zod';
import { time } from '../raw-lines.ts';
import { terminalLine } from '../terminal-text.ts';
import { Words } from '../words.ts';
import { Receipt, receiptLines } from './explanation-lines.ts';
import { incidentLine, IncidentRow } from './incident-lines.ts';

/** What was read, or what it is measured by. */
const Measure = z.union([z.number().transform(String), Words]);

const Why = z.looseObject({
  rule: z.string(),
  value: Measure.optional(),
  threshold: Measure.optional(),
  unit: Words.optional(),
  forSeconds: z.number().optional(),
  source: Words.optional(),
});

const Finding = z.looseObject({
  claim: Words,
  confidence: z.string(),
  evidence: z.array(z.looseObject({ source: Words, ref: Words, excerpt: Words.optional() })).default([]),
});

const Relative = z.looseObject({ id: z.string(), status: z.string(), title: z.string() });

/** One incident with all its parts, as the gateway answers it. */
export const IncidentDocument = IncidentRow.extend({
  condition: z.string(),
  cause: Words.optional(),
  why: Why.optional(),
  findings: z.array(Finding),
  evidence: z
    .array(z.looseObject({ type: z.string(), startedAt: z.string(), events: z.array(z.string()) }))
    .default([]),
  parent_incident: Relative.optional(),
  children: z.number().optional(),
  child_incidents: z.array(Relative).default([]),
  receipts: z.array(Receipt).default([]),
});
type IncidentDocument = z.infer<typeof IncidentDocument>;

/** Why there is an incident: rule, value and threshold, evidence with the ids of events, what hushes it, and who was told. */
export function whyLines(incident: IncidentDocument): string[] {
  const { condition, cause, why, findings, evidence, suppression } = incident;
  return [
    incidentLine(incident),
    `condition: ${condition}`,
    ...(why === undefined ? [] : ruleLines(why)),
    ...(cause === undefined ? [] : [`cause: ${cause}`]),
    ...findings.flatMap(findingLines),
    ...evidence.map(
      ({ type, startedAt, events }) => `heard: ${time(startedAt)}  ${type}  events ${events.join(', ')}`,
    ),
    ...familyLines(incident),
    ...(suppression === undefined
      ? []
      : [
          `suppressed: ${suppression.reason}: ${suppression.text} (${suppression.by}, since ${time(suppression.since)})`,
        ]),
    ...receiptLines(incident.receipts),
  ].map(terminalLine);
}

function ruleLines({ rule, value, threshold, unit = '', forSeconds, source }: z.infer<typeof Why>): string[] {
  return [
    `rule: ${rule}`,
    ...(value === undefined
      ? []
      : [`value: ${`${value} ${unit}`.trim()}${source === undefined ? '' : ` (from ${source})`}`]),
    ...(threshold === undefined
      ? []
      : [
          `threshold: ${`${threshold} ${unit}`.trim()}${forSeconds === undefined ? '' : ` for ${forSeconds} s`}`,
        ]),
  ];
}

function findingLines({ claim, confidence, evidence }: z.infer<typeof Finding>): string[] {
  return [
    `finding: ${claim} (${confidence} confidence)`,
    ...evidence.map(
      ({ source, ref, excerpt }) => `  ${source}: ${ref}${excerpt === undefined ? '' : `: ${excerpt}`}`,
    ),
  ];
}

function familyLines({ parent_incident: parent, children = 0, child_incidents }: IncidentDocument): string[] {
  return [
    ...(parent === undefined ? [] : [`follows from: ${parent.id}  ${parent.title}`]),
    ...(children === 0 && child_incidents.length === 0
      ? []
      : [`causes: ${Math.max(children, child_incidents.length)} others`]),
    ...child_incidents.map(({ id, status, title }) => `  ${id}  ${status}  ${title}`),
  ];
}
