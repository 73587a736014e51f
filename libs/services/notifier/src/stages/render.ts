import type { Incident } from '@proxmox-mcp/schemas';
import { oneLine, cutText } from '../text.ts';

/** A message for people, before a channel dresses it. */
export interface Rendered {
  readonly title: string;
  readonly body: string;
  readonly link?: string;
}

/** What rendering needs beside the incident. */
export interface RenderOptions {
  /** Address of the dashboard, without a slash at its end; without it messages carry no link. */
  readonly linkBase?: string | undefined;
}

const MAX_FINDINGS = 3;
const MAX_STEPS = 3;

/**
 * Writes the message about an incident: what, where, since when, why, what was done, where to look. Pure: the same incident
 * gives the same text, so that a preview shows exactly what is sent.
 */
export function renderIncident(
  incident: Incident,
  kind: 'opened' | 'resolved',
  options: RenderOptions,
): Rendered {
  const word = kind === 'resolved' ? 'RESOLVED' : incident.severity.toUpperCase();
  const lines = [
    `What: ${oneLine(incident.title, 300)}`,
    `Where: ${where(incident)}`,
    kind === 'resolved' ? `Since: ${span(incident)}` : `Since: ${stamp(incident.openedAt)}`,
    `Why: ${incident.cause === undefined ? 'not known yet' : oneLine(incident.cause, 600)}`,
    ...diagnosis(incident, kind),
    `Done: ${done(incident, kind)}`,
  ];
  if (incident.occurrences > 1) lines.push(`Seen: ${incident.occurrences} times`);
  const link =
    options.linkBase === undefined
      ? undefined
      : `${options.linkBase}/incidents/${encodeURIComponent(incident.id)}`;
  return {
    title: cutText(`${word}: ${oneLine(incident.title, 400)}`, 450),
    body: cutText(lines.join('\n'), 8_000),
    ...(link === undefined ? {} : { link }),
  };
}

function where(incident: Incident): string {
  const parts: string[] = [];
  if (incident.cluster !== undefined) parts.push(`cluster ${incident.cluster}`);
  if (incident.node !== undefined) parts.push(`node ${incident.node}`);
  if (incident.guest !== undefined) {
    const { kind, vmid, name } = incident.guest;
    const noun = kind === 'qemu' ? 'VM' : kind === 'lxc' ? 'container' : 'guest';
    parts.push(`${noun} ${vmid}${name === undefined ? '' : ` (${name})`}`);
  }
  if (incident.storage !== undefined)
    parts.push(`${incident.product === 'pbs' ? 'datastore' : 'storage'} ${incident.storage}`);
  return parts.length === 0 ? incident.product.toUpperCase() : oneLine(parts.join(', '), 400);
}

function diagnosis(incident: Incident, kind: 'opened' | 'resolved'): string[] {
  const lines: string[] = [];
  const order = { high: 0, medium: 1, low: 2 } as const;
  const findings = [...incident.findings].sort((a, b) => order[a.confidence] - order[b.confidence]);
  for (const finding of findings.slice(0, MAX_FINDINGS)) {
    lines.push(`Finding (${finding.confidence} confidence): ${oneLine(finding.claim, 400)}`);
  }
  if (findings.length > MAX_FINDINGS) lines.push(`and ${findings.length - MAX_FINDINGS} more findings`);
  // Nobody is sent to check what is mended.
  const steps = kind === 'resolved' ? [] : [...new Set(findings.flatMap((finding) => finding.nextSteps))];
  for (const step of steps.slice(0, MAX_STEPS)) lines.push(`Next: ${oneLine(step, 300)}`);
  return lines;
}

function done(incident: Incident, kind: 'opened' | 'resolved'): string {
  if (kind === 'resolved') {
    return incident.resolution === undefined ? 'resolved' : `resolved: ${oneLine(incident.resolution, 200)}`;
  }
  if (incident.status === 'acknowledged') {
    return `acknowledged${incident.acknowledgedBy === undefined ? '' : ` by ${oneLine(incident.acknowledgedBy, 100)}`}`;
  }
  return incident.status === 'remediating' || incident.status === 'verifying'
    ? incident.status
    : 'nothing was changed';
}

/** `2026-03-14 01:07 UTC`: people in chat clients read it without knowing ISO 8601. */
function stamp(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}

function span(incident: Incident): string {
  if (incident.resolvedAt === undefined) return stamp(incident.openedAt);
  const lasted = duration(Date.parse(incident.resolvedAt) - Date.parse(incident.openedAt));
  return `${stamp(incident.openedAt)}, until ${stamp(incident.resolvedAt)} (${lasted})`;
}

/** `2h 3m`, `45s`: the two largest units that are not zero. */
export function duration(ms: number): string {
  const total = Math.max(0, Math.round(ms / 1_000));
  const units: [number, string][] = [
    [Math.floor(total / 86_400), 'd'],
    [Math.floor(total / 3_600) % 24, 'h'],
    [Math.floor(total / 60) % 60, 'm'],
    [total % 60, 's'],
  ];
  const first = units.findIndex(([n]) => n > 0);
  if (first === -1) return '0s';
  return units
    .slice(first, first + 2)
    .filter(([n]) => n > 0)
    .map(([n, unit]) => `${n}${unit}`)
    .join(' ');
}
