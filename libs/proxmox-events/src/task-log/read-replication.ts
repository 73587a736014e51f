import type { EventDraft, NormalizeResult } from '@proxmox-mcp/schemas';
import { parseLocalTime, type LocalClock } from '../local-clock.ts';
import { severityOf } from '../severity.ts';
import { oneLine } from '../text.ts';

const MAX_ERROR = 2_000;
const MAX_VOLUMES = 100;

/**
 * Reads the log of one run of a replication job, which is no task and has no UPID. A run that ended well has nothing to say.
 *
 * @param node where the log was read.
 * @param clock local time of that node, where its zone is known: the stamps of the log are in it.
 */
export function readReplication(
  lines: readonly string[],
  job: string,
  node: string | undefined,
  clock?: LocalClock,
): NormalizeResult {
  const match = /^([1-9]\d{0,8})-\d{1,9}$/.exec(job);
  if (!match)
    return { reject: true, reason: 'bad-job-id', detail: 'replication job id is not <vmid>-<number>' };
  const marker = ` ${job}: `;
  let kind: 'qemu' | 'lxc' | 'unknown' = 'unknown';
  let volumes: string[] = [];
  let error: string | undefined;
  let stamp = '';
  for (const line of lines) {
    // "YYYY-MM-DD HH:MM:SS <job>: text"
    if (!line.startsWith(marker, 19)) continue;
    const text = line.slice(19 + marker.length);
    const guest = /^guest => (VM|CT) \d/.exec(text)?.[1];
    if (guest !== undefined) kind = guest === 'VM' ? 'qemu' : 'lxc';
    if (text.startsWith('volumes => '))
      volumes = text.slice('volumes => '.length).split(',').slice(0, MAX_VOLUMES);
    if (text.startsWith('end replication job with error: ')) {
      error = oneLine(text.slice('end replication job with error: '.length), MAX_ERROR);
      stamp = line.slice(0, 19);
    } else if (text === 'end replication job') error = undefined;
  }
  if (error === undefined) return { events: [] };
  const type = 'replication.job.failed';
  const endedAt = clock === undefined ? undefined : parseLocalTime(stamp, clock);
  const draft: EventDraft = {
    type,
    severity: severityOf(type),
    product: 'pve',
    ...(node !== undefined && { node }),
    guest: { kind, vmid: Number(match[1]) },
    ...(endedAt !== undefined && { occurredAtGuess: endedAt }),
    facts: { job_id: job, error, volumes },
    identity: `replication/${job}/${stamp}`,
  };
  return { events: [draft] };
}
