import type { Conclusion, Rule } from '../runbook.ts';
import type { BackupFailedEvidence, FailedGuest } from './evidence.ts';

type E = BackupFailedEvidence;

/** What an error text means. All patterns are linear: no repetition inside a repetition. */
interface Reading {
  readonly id: string;
  readonly pattern: RegExp;
  readonly confidence: Conclusion['confidence'];
  /** What it means, after the guests and the storage have been named. */
  readonly why: (evidence: E) => string;
  readonly nextSteps: (evidence: E) => readonly string[];
  readonly ruledOut?: readonly string[];
}

const READINGS: readonly Reading[] = [
  {
    id: 'storage-unavailable',
    pattern:
      /storage '?[^' ]{1,100}'? (does not exist|is not (available|online|activated))|storage .{0,100}not available|could not activate storage|mount error|Stale file handle/i,
    confidence: 'high',
    why: (evidence) => `the storage${named(evidence)} was not available`,
    nextSteps: (evidence) => [
      `Check that ${evidence.storage ?? 'the storage'} is mounted and reachable from ${evidence.node}: pvesm status`,
    ],
  },
  {
    id: 'no-space',
    pattern: /no space left on device|disk quota exceeded|out of space|ENOSPC/i,
    confidence: 'high',
    why: (evidence) => `no space is left on${named(evidence) || ' the storage'}${fill(evidence)}`,
    nextSteps: () => [
      'Free space or prune old backups; on a PBS run garbage collection after pruning',
      'Check the retention of the job',
    ],
  },
  {
    id: 'guest-locked',
    pattern: /is locked( \(|$|:)|can't lock file|VM is locked/i,
    confidence: 'high',
    why: () => 'the guest was locked by something else',
    nextSteps: ({ failed }) => [
      `See what holds it: tasks of the guest; a lock left behind is removed with qm unlock ${failed[0]?.vmid ?? '<vmid>'} by root@pam`,
    ],
  },
  {
    id: 'job-lock',
    pattern: /can't acquire lock '?\/var\/run\/vzdump\.lock|got global lock.{0,20}timeout/i,
    confidence: 'high',
    why: () => 'another backup job held the lock of the node for too long',
    nextSteps: () => ['Set the schedules of the jobs further apart', 'See whether an older backup hangs'],
  },
  {
    id: 'concurrent',
    pattern:
      /unable to acquire lock on snapshot|snapshot .{0,100}(already exists|in use)|group .{0,100}locked/i,
    confidence: 'high',
    why: () => 'another task was at work on the same backup group or snapshot',
    nextSteps: () => ['Keep backup, prune, sync and verify of the same group from running at the same time'],
  },
  {
    id: 'guest-frozen',
    pattern: /fs-freeze|guest-fsfreeze|qmp command '[a-z-]{1,60}' failed - got timeout|got timeout/i,
    confidence: 'medium',
    why: () => 'the guest or its agent did not answer in time',
    nextSteps: () => [
      'Check the guest agent and the load inside the guest',
      'If file systems stay frozen: qm guest cmd <vmid> fsfreeze-thaw',
    ],
  },
  {
    id: 'permission',
    pattern:
      /permission (check failed|denied)|(HTTP|status|code|error:?) 40[13]\b|\b40[13] (unauthorized|forbidden|permission)|authentication failed|no permissions/i,
    confidence: 'high',
    why: () => 'access was refused: a token, password or privilege is missing or has expired',
    nextSteps: (evidence) => [
      `Check the credentials of ${evidence.storage ?? 'the storage'} and the owner of the backup group`,
    ],
  },
  {
    id: 'read-error',
    pattern: /input\/output error|err -5\b|read error|medium error/i,
    confidence: 'medium',
    why: () => 'the disk of the guest or the storage could not be read or written',
    nextSteps: () => [
      'Check the health of the disks beneath the guest: SMART, zpool status, dmesg',
      'Keep the last good backup: exclude it from pruning until this is mended',
    ],
  },
  {
    id: 'connection',
    pattern:
      /connection (error|reset|refused|timed out|closed)|broken pipe|unexpected EOF|\bEOF\b|no route to host|backup connect failed/i,
    confidence: 'medium',
    why: (evidence) =>
      `the connection to${named(evidence) || ' the storage'} broke: network trouble, or the server restarted`,
    nextSteps: () => [
      'See whether the backup server restarted or was being updated at that time',
      'Check the network between node and server',
    ],
  },
  {
    id: 'guest-moved',
    pattern:
      /VM is running|not in same|does not exist on node|unable to find (VM|CT)|no such (VM|CT)|Configuration file .{0,200} does not exist/i,
    confidence: 'medium',
    why: () => 'the guest was moved, removed or in a state the job did not expect',
    nextSteps: () => ['Check where the guest is now and which job covers it'],
  },
];

/** Ordered: each kind of error with its guests, then what no pattern knows. */
export const rules: readonly Rule<E>[] = [
  ...READINGS.map((reading): Rule<E> => ({
    id: reading.id,
    conclude: (evidence) => concludeReading(reading, evidence),
  })),
  { id: 'target-gone', conclude: targetGone },
  { id: 'unclassified', conclude: unclassified },
];

function concludeReading(reading: Reading, evidence: E): Conclusion | undefined {
  const guests = evidence.failed.filter((guest) => readingOf(errorOf(guest, evidence)) === reading);
  const isWholeJob = evidence.failed.length === 0 && readingOf(jobError(evidence)) === reading;
  if (guests.length === 0 && !isWholeJob) return undefined;
  return {
    claim: `${subjectOf(guests, evidence)} failed: ${reading.why(evidence)} (${quoted(guests, evidence)})`,
    confidence: reading.confidence,
    subject: guests.length === 0 ? `node ${evidence.node}` : names(guests),
    evidence: evidenceOf(guests, evidence),
    ruledOut: ruledOutBy(reading, evidence),
    nextSteps: reading.nextSteps({ ...evidence, failed: guests }),
  };
}

/** The job failed as a whole and the storage is not there now: it hardly was then. */
function targetGone(evidence: E): Conclusion | undefined {
  const { target } = evidence;
  if (target === undefined || (target.active && target.enabled)) return undefined;
  return {
    claim: `${evidence.storage ?? 'The storage'} is ${target.enabled ? 'not active' : 'disabled'} on ${evidence.node} now; backups to it cannot succeed`,
    confidence: 'high',
    ...(evidence.storage === undefined ? {} : { subject: `storage ${evidence.storage}` }),
    evidence: [
      {
        source: `storages of ${evidence.node}`,
        ref: `/nodes/${evidence.node}/storage`,
        excerpt: `active: ${target.active}, enabled: ${target.enabled}`,
      },
    ],
    nextSteps: [`Check ${evidence.storage ?? 'the storage'} on ${evidence.node}: pvesm status`],
  };
}

function unclassified(evidence: E): Conclusion | undefined {
  const guests = evidence.failed.filter((guest) => readingOf(errorOf(guest, evidence)) === undefined);
  const isWholeJob = evidence.failed.length === 0 && readingOf(jobError(evidence)) === undefined;
  if (guests.length === 0 && !isWholeJob) return undefined;
  return {
    claim: `${subjectOf(guests, evidence)} failed: ${quoted(guests, evidence)}`,
    confidence: 'low',
    subject: guests.length === 0 ? `node ${evidence.node}` : names(guests),
    evidence: evidenceOf(guests, evidence),
    nextSteps: ['Read the task log around the error'],
  };
}

function readingOf(error: string | undefined): Reading | undefined {
  return error === undefined
    ? undefined
    : READINGS.find((reading) => reading.pattern.test(error.slice(0, 2_000)));
}

function errorOf(guest: FailedGuest, evidence: E): string | undefined {
  return guest.error ?? jobError(evidence);
}

/** `job errors` only says that there are some; the log's lines say which. */
function jobError({ error, errorLines }: E): string | undefined {
  if (error !== undefined && error !== 'job errors' && error !== 'unexpected status') return error;
  return errorLines.length > 0 ? errorLines.join('\n') : error;
}

function subjectOf(guests: readonly FailedGuest[], evidence: E): string {
  const to = evidence.storage === undefined ? '' : ` to ${evidence.storage}`;
  return guests.length === 0 ? `The backup job on ${evidence.node}${to}` : `Backup of ${names(guests)}${to}`;
}

function names(guests: readonly FailedGuest[]): string {
  const shown = guests
    .slice(0, 5)
    .map(({ vmid, name }) => (name === undefined ? String(vmid) : `${vmid} (${name})`));
  return `${shown.join(', ')}${guests.length > 5 ? ` and ${guests.length - 5} more` : ''}`;
}

/** What the log says, as quoted data on one line. */
function quoted(guests: readonly FailedGuest[], evidence: E): string {
  const error = guests[0]?.error ?? jobError(evidence) ?? 'no error text was found';
  return `"${error.replace(/\s+/g, ' ').trim().slice(0, 300)}"`;
}

function evidenceOf(guests: readonly FailedGuest[], evidence: E): Conclusion['evidence'] {
  const { upid, target, storage, node, errorLines } = evidence;
  const lines =
    guests.length === 0
      ? errorLines
      : errorLines.filter((line) => guests.some(({ vmid }) => line.includes(String(vmid))));
  return [
    {
      source: upid === undefined ? 'stored reports' : 'task log',
      ref: upid ?? 'state.query.facts',
      excerpt: lines.length > 0 ? lines.join('\n') : quoted(guests, evidence),
    },
    ...(target === undefined
      ? []
      : [
          {
            source: `storage ${storage ?? ''} on ${node}`,
            ref: `/nodes/${node}/storage`,
            excerpt: `active: ${target.active}${fill(evidence)}`,
          },
        ]),
    ...guests
      .filter((guest) => guest.lock !== undefined)
      .map((guest) => ({
        source: `guest ${guest.vmid}`,
        ref: '/cluster/resources',
        excerpt: `lock: ${guest.lock ?? ''}`,
      })),
  ];
}

function ruledOutBy(reading: Reading, evidence: E): string[] {
  const { target, storage } = evidence;
  const ratio = usedRatio(evidence);
  const out = [...(reading.ruledOut ?? [])];
  if (target?.active === true && reading.id !== 'storage-unavailable' && reading.id !== 'connection')
    out.push(`storage ${storage ?? ''} unavailable: it is active now`);
  if (ratio !== undefined && ratio < 0.9 && reading.id !== 'no-space')
    out.push(`storage full: ${Math.round(ratio * 100)} % used`);
  if (evidence.okCount > 0)
    out.push(
      `a fault of the whole job: ${evidence.okCount} other guest${evidence.okCount === 1 ? '' : 's'} went well`,
    );
  return out;
}

function usedRatio({ target }: E): number | undefined {
  return target?.usedBytes === undefined || !target.totalBytes
    ? undefined
    : target.usedBytes / target.totalBytes;
}

function fill(evidence: E): string {
  const ratio = usedRatio(evidence);
  return ratio === undefined ? '' : `, ${Math.round(ratio * 100)} % used now`;
}

const named = ({ storage }: E) => (storage === undefined ? '' : ` ${storage}`);
