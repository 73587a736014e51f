import { activityOf, type Outcome } from '@proxmox-mcp/proxmox-events';
import type { Event } from '@proxmox-mcp/schemas';

/** Which fact an event tells of by itself, before anything else is known (PROXMOX §G.5). */
export interface Identity {
  readonly factId: string;
  /** What is done, `backup.job`; for conditions and moments the whole type. */
  readonly family: string;
  /** `undefined` for conditions and moments. */
  readonly outcome: Outcome | undefined;
}

/** `replication.job.failed` is a condition in the vocabulary, but it is an activity that failed. */
const REPLICATION_FAILED = 'replication.job.failed';

/** Sums up what a source told beyond its rate. All reports of one storm carry its id. */
const STORM = 'source.storm';

function stormOf({ id, facts }: Event): Identity {
  const { storm_id: storm, state } = facts;
  const outcome = state === 'started' ? 'started' : state === 'ongoing' ? 'progress' : undefined;
  return {
    factId: typeof storm === 'string' ? `storm/${storm}`.slice(0, 600) : ownFactId(id),
    family: STORM,
    outcome,
  };
}

/** Whether the whole type says how it went: no outcome is added to it. */
export function isWholeType(family: string): boolean {
  return family === 'replication.job' || family === STORM;
}

/** Splits a type into what is done and how it went. */
export function partsOf(type: string): { readonly family: string; readonly outcome: Outcome | undefined } {
  if (type === REPLICATION_FAILED) return { family: 'replication.job', outcome: 'failed' };
  return activityOf(type) ?? { family: type, outcome: undefined };
}

/**
 * T1, the exact identity: whatever carries a UPID tells of that task, and two UPIDs never meet. Everything else is a fact of its
 * own until one of the weaker keys (`keys/`) finds where it belongs.
 */
export function identityOf(event: Event): Identity {
  const { family, outcome } = partsOf(event.type);
  if (event.type === STORM) return stormOf(event);
  if (event.upid === undefined) return { factId: ownFactId(event.id), family, outcome };
  if (family !== 'backup.guest') return { factId: event.upid, family, outcome };
  // A guest's part of a backup job: what is under way tells of the job, an end is the guest's own.
  if (outcome === 'progress' || outcome === 'started' || event.guest === undefined)
    return { factId: event.upid, family: 'backup.job', outcome: 'progress' };
  return { factId: guestPartId(event.upid, event.guest.vmid), family, outcome };
}

const OWN = 'event/';

/** The fact of an event that belongs to no other. */
export function ownFactId(eventId: string): string {
  return `${OWN}${eventId}`;
}

/** The event that a fact is named after; `undefined` for facts of tasks. */
export function ownerOf(factId: string): string | undefined {
  return factId.startsWith(OWN) ? factId.slice(OWN.length) : undefined;
}

/** The fact of one guest's part of a backup task. */
export function guestPartId(upid: string, vmid: number): string {
  return `${upid}/${vmid}`;
}

/** Task that the fact is a part of; `undefined` for whole facts. */
export function parentOf(factId: string): string | undefined {
  return factId.startsWith('UPID:') && factId.includes('/')
    ? factId.slice(0, factId.lastIndexOf('/'))
    : undefined;
}
