import { type Outcome } from '@proxmox-mcp/proxmox-events';
import { compareSeverity, maxSeverity, type Event, type Fact } from '@proxmox-mcp/schemas';
import { identityOf, isWholeType, parentOf } from './identity.ts';
import { byInformedness } from './informed.ts';
import { mergeDetails } from './merge-details.ts';

/** A fact without its revision, and what it is about: `family` is what is done, or the whole type of a condition. */
export interface Assembled {
  readonly fact: Omit<Fact, 'revision'>;
  readonly family: string;
}

/** Which outcome stands when reports disagree: failed beats unknown, warned beats succeeded (PROXMOX §G.5). */
const STANDING: Readonly<Record<Outcome, number>> = {
  progress: 0,
  started: 1,
  unknown: 2,
  succeeded: 3,
  warned: 4,
  failed: 5,
};

/**
 * Makes a fact of all reports of one happening. A function of the *set* of reports: their order and doubles make no difference,
 * so a start that arrives after the end reopens nothing, and taking a report away undoes exactly what it brought.
 *
 * @param members at least one report.
 */
export function assembleFact(factId: string, members: readonly Event[]): Assembled {
  const reports = [...new Map(members.map((event) => [event.id, event])).values()].sort(byInformedness);
  const best = reports.at(-1);
  if (best === undefined) throw new RangeError(`fact ${factId} has no reports`);
  const final = reports.reduce((a, b) => (isFinalOver(a, b) ? b : a));
  const { family, outcome } = identityOf(final);
  const type = outcome === undefined || isWholeType(family) ? final.type : `${family}.${outcome}`;
  const finals = reports.filter((event) => standingOf(event) === standingOf(final));
  const isEnded = outcome !== 'started' && outcome !== 'progress';
  const startedAt = isoOf(startOf(reports));
  const parent = parentOf(factId);
  return {
    family,
    fact: {
      id: factId,
      // A job whose only report is its progress has started.
      type: outcome === 'progress' && !isWholeType(family) ? `${family}.started` : type,
      severity: finals.map((event) => event.severity).reduce(maxSeverity),
      product: best.product,
      ...entityOf(reports, factId),
      ...statusOf(finals),
      startedAt,
      ...(isEnded ? { endedAt: isoOf(Math.max(endOf(finals), Date.parse(startedAt))) } : {}),
      title: final.title,
      facts: detailsOf(reports, isEnded),
      // Progress is a reading, not a report: thousands of them would make the list worthless.
      members: reports.filter((event) => identityOf(event).outcome !== 'progress').map((event) => event.id),
      links: parent === undefined ? [] : [{ relation: 'parent', to: parent }],
    },
  };
}

/** Whether `b`, the better informed of the two, has the last word. Of two words for one condition the graver one stands. */
function isFinalOver(a: Event, b: Event): boolean {
  const order = standingOf(b) - standingOf(a);
  if (order !== 0 || identityOf(b).outcome !== undefined) return order >= 0;
  return compareSeverity(b.severity, a.severity) >= 0;
}

function standingOf(event: Event): number {
  const { outcome } = identityOf(event);
  return outcome === undefined ? STANDING.failed : STANDING[outcome];
}

function entityOf(reports: readonly Event[], factId: string) {
  const merged: { cluster?: string; node?: string; storage?: string; upid?: string; guest?: Event['guest'] } =
    {};
  for (const event of reports) {
    if (event.cluster !== undefined) merged.cluster = event.cluster;
    if (event.node !== undefined) merged.node = event.node;
    const storage = event.storage ?? event.facts['storage'];
    if (typeof storage === 'string') merged.storage = storage;
    // A job of many guests is about none of them, although each progress report is.
    const isPart = event.type.startsWith('backup.guest.') && event.upid === factId;
    if (event.guest !== undefined && !isPart) merged.guest = withKnown(merged.guest, event.guest);
    if (event.upid === factId) merged.upid = event.upid;
  }
  const { guest, ...rest } = merged;
  return guest === undefined ? rest : { ...rest, guest };
}

function withKnown(before: Event['guest'], next: NonNullable<Event['guest']>): NonNullable<Event['guest']> {
  if (before === undefined || before.vmid !== next.vmid) return next;
  const name = next.name ?? before.name;
  const kind = next.kind === 'unknown' ? before.kind : next.kind;
  return { kind, vmid: next.vmid, ...(name === undefined ? {} : { name }) };
}

function statusOf(finals: readonly Event[]): { status?: string } {
  const status = finals.findLast((event) => event.status !== undefined)?.status;
  return status === undefined ? {} : { status };
}

function detailsOf(reports: readonly Event[], isEnded: boolean): Record<string, unknown> {
  const isProgress = (event: Event) => identityOf(event).outcome === 'progress';
  const details = mergeDetails(reports.filter((event) => !isProgress(event)));
  const latest = reports.filter(isProgress).reduce<Event | undefined>(later, undefined);
  if (isEnded || latest === undefined) return details;
  return { ...details, progress: { ...latest.facts, ...(latest.guest ? { vmid: latest.guest.vmid } : {}) } };
}

function later(a: Event | undefined, b: Event): Event {
  if (a === undefined) return b;
  const order = Date.parse(b.occurredAt) - Date.parse(a.occurredAt);
  return order > 0 || (order === 0 && b.id > a.id) ? b : a;
}

/** Epoch milliseconds. The task's own clock where a report has it; else the earliest report. */
function startOf(reports: readonly Event[]): number {
  const exact = reports.map((event) => event.facts['starttime']).filter(isEpochSeconds);
  if (exact.length > 0) return Math.min(...exact) * 1000;
  return Math.min(...reports.map((event) => Date.parse(event.occurredAt)));
}

function endOf(finals: readonly Event[]): number {
  const exact = finals.map((event) => event.facts['endtime']).filter(isEpochSeconds);
  if (exact.length > 0) return Math.max(...exact) * 1000;
  return Math.min(...finals.map((event) => Date.parse(event.occurredAt)));
}

// Dates beyond what `Date` can write would throw on a forged value.
const isEpochSeconds = (value: unknown): value is number =>
  typeof value === 'number' && value > 0 && value < 8_000_000_000;

const isoOf = (ms: number) => new Date(ms).toISOString();
