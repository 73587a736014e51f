import type { ProxmoxErrorKind } from './error.ts';

/** What the API said when it refused. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly errors?: Readonly<Record<string, string>> | undefined;
}

// The one place that reads message text: PVE answers 500 to nearly everything, and its message is all that tells a missing
// guest from a lock. Wordings as recorded from 9.2 and as in the sources of 8 (PVE::Cluster, PVE::AbstractConfig,
// PVE::Tools, PVE::Storage). First match wins.
const WORDINGS: readonly (readonly [RegExp, ProxmoxErrorKind])[] = [
  [/no quorum/i, 'no-quorum'],
  [
    /can't lock file|got lock (request )?timeout|is locked \(|cfs-lock .* error: got|unable to acquire lock/i,
    'locked',
  ],
  [
    /already exists|referenced by|checksum mismatch|file change by other user|detected modified configuration/i,
    'conflict',
  ],
  [
    /does not exist|no such (cluster node|file|storage|volume|guest|vm)|^hostname lookup .* failed|not found/i,
    'not-found',
  ],
];
const NO_TASK = /no such task|unable to parse worker upid/i;

/** The kind of a refusal, decided by status where that says enough and by wording where PVE leaves no other way. */
export function refusalKind({ status, message, errors }: Refusal): ProxmoxErrorKind {
  switch (status) {
    case 400:
      if (NO_TASK.test(errors?.['upid'] ?? message)) return 'no-such-task';
      if (errors !== undefined)
        return wording(Object.values(errors).join(' ')) === 'conflict' ? 'conflict' : 'parameters';
      // PBS answers 400 to everything that has no better number, PVE to some of it.
      return /^parameter verification/i.test(message) ? 'parameters' : (wording(message) ?? 'error');
    case 401:
      return 'auth';
    case 403:
      return 'permission';
    case 404:
      return 'not-found';
    case 501:
      return 'not-implemented';
    case 595:
    case 596:
    case 597:
    case 599:
      return 'peer-unreachable';
    default:
      return NO_TASK.test(message) ? 'no-such-task' : (wording(message) ?? 'error');
  }
}

function wording(message: string): ProxmoxErrorKind | undefined {
  return WORDINGS.find(([pattern]) => pattern.test(message))?.[1];
}

/** Whether such a refusal passes by itself. */
export function isPassing(kind: ProxmoxErrorKind): boolean {
  return kind === 'peer-unreachable' || kind === 'locked' || kind === 'no-quorum';
}

// "Permission check failed (/vms/101, VM.PowerMgmt)"; several privileges are joined by "|".
const PERMISSION = /\((\/[^,()]*), ([A-Za-z.]+(?:[|,] ?[A-Za-z.]+)*)\)/;

/** Where and what was missing, as far as a 403 tells. */
export function missingPrivileges(message: string): { aclPath?: string; privileges?: readonly string[] } {
  const [, aclPath, privileges] = PERMISSION.exec(message) ?? [];
  if (aclPath === undefined || privileges === undefined) return {};
  return { aclPath, privileges: privileges.split(/[|,] ?/) };
}
