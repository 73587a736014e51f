import { type Outcome } from '@proxmox-mcp/proxmox-events';
import { compareSeverity, maxSeverity, type Event, type Fact } from '@proxmox-mcp/schemas';
import { identityOf, isWholeType, parentOf } from './identity.ts';
import { byInformedness } from './informed.ts';
import { rankOfType } from './keys/keys.ts';
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

/** What is known besides the reports. */
export interface Circumstances {
  /** How many reports there are of which these are the first and the last; shown as `facts.count`. */
  readonly count?: number | undefined;
  /** The task that the fact is a part of. */
  readonly parent?: Pick<Fact, 'facts'> | undefined;
}

/**
 * Makes a fact of all reports of one happening. A function of the *set* of reports: their order and doubles make no difference,
 * so a start that arrives after the end reopens nothing, and taking a report away undoes exactly what it brought.
 *
 * @param members at least one report.
 */
export function assembleFact(
  factId: string,
  members: readonly Event[],
  { count, parent }: Circumstances = {},
): Assembled {
  const sorted = [...new Map(members.map((event) => [event.id, event])).values()].sort(byInformedness);
  const own = sorted.filter((event) => event.upid === factId);
  const isOurs = (event: Event) => own.length === 0 || own.includes(event) || isSameActivity(event, own);
  const telling = sorted.filter(isOurs);
  // An effect of a task is not its outcome: a guest that is down does not make its shutdown another thing.
  const reports = [...sorted.filter((event) => !isOurs(event)), ...telling];
  const best = reports.at(-1);
  if (best === undefined) throw new RangeError(`fact ${factId} has no reports`);
  const final = telling.reduce((a, b) => (isFinalOver(a, b) ? b : a));
  const { family, outcome } = identityOf(final);
  const type = outcome === undefined || isWholeType(family) ? final.type : `${family}.${outcome}`;
  const finals = telling.filter((event) =>
    outcome === undefined ? event.type === final.type : standingOf(event) === standingOf(final),
  );
  const isEnded = outcome !== 'started' && outcome !== 'progress';
  const startedAt = isoOf(startOf(reports));
  // A condition lasts at least until the last word of it.
  const endedAt = outcome === undefined ? lastOf(reports) : endOf(finals);
  const parentId = parentOf(factId);
  // A host that runs both products sends each of its own mails twice.
  const product = reports.some((event) => event.product === 'pve') ? 'pve' : best.product;
  return {
    family,
    fact: {
      id: factId,
      // A job whose only report is its progress has started.
      type: outcome === 'progress' && !isWholeType(family) ? `${family}.started` : type,
      severity: finals.map((event) => event.severity).reduce(maxSeverity),
      product,
      ...entityOf(reports, factId, { product, parent }),
      ...statusOf(finals),
      startedAt,
      ...(isEnded ? { endedAt: isoOf(Math.max(endedAt, Date.parse(startedAt))) } : {}),
      title: final.title,
      facts: { ...detailsOf(reports, isEnded), ...(count === undefined ? {} : { count }) },
      // Progress is a reading, not a report: thousands of them would make the list worthless.
      members: reports.filter((event) => identityOf(event).outcome !== 'progress').map((event) => event.id),
      links: parentId === undefined ? [] : [{ relation: 'parent', to: parentId }],
    },
  };
}

/** Whether a report without the UPID tells of what the task itself does, as a notification does. */
function isSameActivity(event: Event, own: readonly Event[]): boolean {
  const { family } = identityOf(event);
  return own.some((other) => identityOf(other).family === family);
}

/** Whether `b`, the better informed of the two, has the last word. */
function isFinalOver(a: Event, b: Event): boolean {
  const order = standingOf(b) - standingOf(a);
  if (order !== 0 || identityOf(b).outcome !== undefined) return order >= 0;
  const [one, other] = [rankOfType(a.type), rankOfType(b.type)];
  if (one !== undefined && other !== undefined) return other >= one;
  // Of two words for one condition the graver one stands.
  return compareSeverity(b.severity, a.severity) >= 0;
}

function standingOf(event: Event): number {
  const { outcome } = identityOf(event);
  return outcome === undefined ? STANDING.failed : STANDING[outcome];
}

function entityOf(
  reports: readonly Event[],
  factId: string,
  { product, parent }: Pick<Circumstances, 'parent'> & Pick<Event, 'product'>,
) {
  const merged: { cluster?: string; node?: string; storage?: string; upid?: string; guest?: Event['guest'] } =
    {};
  for (const event of reports) {
    if (event.cluster !== undefined && event.product === product) merged.cluster = event.cluster;
    if (event.node !== undefined) merged.node = event.node;
    const storage = event.storage ?? event.facts['storage'];
    if (typeof storage === 'string') merged.storage = storage;
    // A job of many guests is about none of them, although each progress report is.
    const isPart = event.type.startsWith('backup.guest.') && event.upid === factId;
    if (event.guest !== undefined && !isPart) merged.guest = withKnown(merged.guest, event.guest);
    if (event.upid === factId) merged.upid = event.upid;
  }
  const { guest, ...rest } = merged;
  if (guest === undefined) return rest;
  const told = guestsIn(parent?.facts['guests']).find(({ vmid }) => vmid === guest.vmid);
  return { ...rest, guest: told === undefined ? guest : withKnown(told, guest) };
}

/** Guests as a job's log lists them: only it tells what kind they are. */
function guestsIn(guests: unknown): NonNullable<Event['guest']>[] {
  if (!Array.isArray(guests)) return [];
  return guests.flatMap((guest: { vmid?: unknown; kind?: unknown; name?: unknown }) => {
    if (typeof guest?.vmid !== 'number') return [];
    const kind = guest.kind === 'qemu' || guest.kind === 'lxc' ? guest.kind : 'unknown';
    const name = typeof guest.name === 'string' && guest.name !== '' ? { name: guest.name } : {};
    return [{ kind, vmid: guest.vmid, ...name } as const];
  });
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

function lastOf(reports: readonly Event[]): number {
  return Math.max(...reports.map((event) => Date.parse(event.occurredAt)));
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
