import type { Fact } from '@proxmox-mcp/schemas';
import { partsOf } from '../facts/identity.ts';
import { isNamelessError } from '../facts/pbs-errors.ts';
import type { FactStore } from '../history/facts.ts';
import { activityOfFact, type Activity } from './activity.ts';

/** How long a failure that may be another one's echo waits for it, in milliseconds: polls, logs and spooled notifications are later. */
export const ECHO_WAIT_MS = 45_000;

/** Clocks of two hosts, and the seconds between a connection's end and its job's. */
const SLACK_MS = 60_000;

/**
 * Whether a failure is mostly told of better by another report: a PBS snapshot that fails is the far end of a PVE backup that
 * fails, and a log line that names no task belongs to one.
 */
export function mayBeEcho(fact: Fact): boolean {
  return isNamelessError(fact) || partsOf(fact.type).family === 'backup.snapshot';
}

/**
 * Looks for what a failure is the echo of. `later`: a backup is under way that will tell itself how it went.
 */
export function originOf(fact: Fact, facts: Pick<FactStore, 'backupsAround'>): 'found' | 'later' | 'none' {
  const vmid = fact.guest?.vmid;
  if (isNamelessError(fact) ? !isAbandoned(fact) : vmid === undefined) return 'none';
  const [from, to] = [Date.parse(fact.startedAt), Date.parse(fact.endedAt ?? fact.startedAt)];
  const jobs = facts.backupsAround(from - SLACK_MS, to + SLACK_MS);
  if (jobs.some((job) => job.endedAt === undefined)) return 'later';
  return jobs.map(activityOfFact).some((job) => isOrigin(job, vmid)) ? 'found' : 'none';
}

/** What PBS says of a backup whose client went away in the middle. */
function isAbandoned(fact: Fact): boolean {
  return fact.facts['error'] === 'backup ended but finished state is not set.';
}

function isOrigin(job: Activity | undefined, vmid: number | undefined): boolean {
  if (job === undefined || job.wentWell) return false;
  if (vmid === undefined) return true;
  return job.failedGuests.includes(vmid) || (job.guests === undefined && job.failedGuests.length === 0);
}
