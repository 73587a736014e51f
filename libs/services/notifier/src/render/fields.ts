import type { Incident } from '@proxmox-mcp/schemas';
import { oneLine } from '../text.ts';
import { duration } from './duration.ts';

/** Fields that a template can name, in the order of a message. */
export const FIELDS = [
  'word',
  'what',
  'where',
  'impact',
  'since',
  'lasted',
  'why',
  'value',
  'findings',
  'next',
  'done',
  'seen',
  'link',
  'severity',
  'status',
  'condition',
  'cluster',
  'node',
  'guest',
  'storage',
  'id',
] as const;
export type Field = (typeof FIELDS)[number];

const MAX_FINDINGS = 3;
const MAX_STEPS = 3;
const MAX_NAMES = 5;

/**
 * What there is to say about an incident, field by field; `''` where there is nothing. No field but `findings` and `next` has more
 * than one line. Pure.
 */
export function fieldsOf(
  incident: Incident,
  kind: 'opened' | 'resolved',
  link: string | undefined,
): Record<Field, string> {
  const isOver = kind === 'resolved';
  return {
    word: isOver ? 'RESOLVED' : incident.severity.toUpperCase(),
    what: oneLine(incident.title, 300),
    where: where(incident),
    impact: impact(incident),
    since: isOver ? span(incident) : stamp(incident.openedAt),
    lasted: isOver ? (lasted(incident) ?? '') : '',
    why: why(incident),
    value: value(incident),
    findings: findings(incident),
    // Nobody is sent to check what is mended.
    next: isOver ? '' : nextSteps(incident),
    done: done(incident, kind),
    seen: incident.occurrences > 1 ? `${incident.occurrences} times` : '',
    link: link ?? '',
    severity: incident.severity,
    status: incident.status,
    condition: oneLine(incident.condition, 100),
    cluster: oneLine(incident.cluster ?? '', 100),
    node: oneLine(incident.node ?? '', 100),
    guest: incident.guest === undefined ? '' : oneLine(guest(incident.guest), 200),
    storage: oneLine(incident.storage ?? '', 100),
    id: incident.id,
  };
}

function where(incident: Incident): string {
  const parts: string[] = [];
  if (incident.cluster !== undefined) parts.push(`cluster ${incident.cluster}`);
  if (incident.node !== undefined) parts.push(`node ${incident.node}`);
  if (incident.guest !== undefined) parts.push(guest(incident.guest));
  if (incident.storage !== undefined)
    parts.push(`${incident.product === 'pbs' ? 'datastore' : 'storage'} ${incident.storage}`);
  return parts.length === 0 ? incident.product.toUpperCase() : oneLine(parts.join(', '), 400);
}

function guest({ kind, vmid, name }: NonNullable<Incident['guest']>): string {
  const noun = kind === 'qemu' ? 'VM' : kind === 'lxc' ? 'container' : 'guest';
  return `${noun} ${vmid}${name === undefined ? '' : ` (${name})`}`;
}

/** `27 guests affected: db01, web01 and 25 more; 3 problems follow from it`. */
function impact({ affected, children = 0 }: Incident): string {
  const parts: string[] = [];
  if (affected !== undefined && affected.guests > 0) {
    const shown = affected.names.slice(0, MAX_NAMES).map((name) => oneLine(name, 60));
    const rest = affected.guests - shown.length;
    const names = shown.length === 0 ? '' : `: ${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
    parts.push(`${affected.guests} ${affected.guests === 1 ? 'guest' : 'guests'} affected${names}`);
  }
  if (children > 0)
    parts.push(`${children} ${children === 1 ? 'problem follows' : 'problems follow'} from it`);
  return parts.join('; ');
}

function why(incident: Incident): string {
  const said = [oneLine(incident.cause ?? '', 600), value(incident)].filter((part) => part !== '');
  return said.length === 0 ? 'not known yet' : said.join('; ');
}

/** `92 % (threshold 90 %, for 10m, by guest agent)`. */
function value({ why: read }: Incident): string {
  if (read?.value === undefined) return '';
  const unit = read.unit === undefined ? '' : ` ${oneLine(read.unit, 20)}`;
  const said = (of: number | string) =>
    typeof of === 'number' ? `${Math.round(of * 100) / 100}${unit}` : oneLine(of, 200);
  const notes = [
    ...(read.threshold === undefined ? [] : [`threshold ${said(read.threshold)}`]),
    ...(read.forSeconds === undefined || read.forSeconds === 0
      ? []
      : [`for ${duration(read.forSeconds * 1_000)}`]),
    ...(read.source === undefined ? [] : [`by ${oneLine(read.source, 100)}`]),
  ];
  return said(read.value) + (notes.length === 0 ? '' : ` (${notes.join(', ')})`);
}

function byConfidence(incident: Incident): Incident['findings'] {
  const order = { high: 0, medium: 1, low: 2 } as const;
  return [...incident.findings].sort((a, b) => order[a.confidence] - order[b.confidence]);
}

function findings(incident: Incident): string {
  const all = byConfidence(incident);
  const lines = all
    .slice(0, MAX_FINDINGS)
    .map((finding) => `Finding (${finding.confidence} confidence): ${oneLine(finding.claim, 400)}`);
  if (all.length > MAX_FINDINGS) lines.push(`and ${all.length - MAX_FINDINGS} more findings`);
  return lines.join('\n');
}

function nextSteps(incident: Incident): string {
  const steps = [...new Set(byConfidence(incident).flatMap((finding) => finding.nextSteps))];
  return steps
    .slice(0, MAX_STEPS)
    .map((step) => `Next: ${oneLine(step, 300)}`)
    .join('\n');
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
  const time = lasted(incident);
  if (incident.resolvedAt === undefined || time === undefined) return stamp(incident.openedAt);
  return `${stamp(incident.openedAt)}, until ${stamp(incident.resolvedAt)} (${time})`;
}

function lasted({ openedAt, resolvedAt }: Incident): string | undefined {
  return resolvedAt === undefined ? undefined : duration(Date.parse(resolvedAt) - Date.parse(openedAt));
}
