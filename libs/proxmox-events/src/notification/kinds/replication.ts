import { parseLocalTime, type LocalClock } from '../../local-clock.ts';
import type { NotificationKind } from '../notification.ts';

const TITLE = /^Replication Job: '?([^'\s]{1,80})'? failed/i;
const FIRST_LINE =
  /^\s{0,8}Replication job '?([^'\s]{1,80})'? with target '([^'\s]{1,100})' and schedule '([^']{0,200})' failed!/;

/** A replication job failed for the first, second, third or 48·2^k-th time in a row. */
export const replication: NotificationKind = {
  name: 'replication',
  product: 'pve',
  type: 'replication.job.failed',
  recognises: ({ title, lines }) =>
    TITLE.test(title) || (title === '' && lines.some((l) => FIRST_LINE.test(l))),
  read({ title, lines, labels, clock }) {
    const first = lines
      .slice(0, 20)
      .map((line) => FIRST_LINE.exec(line))
      .find((match) => match !== null);
    const jobId = first?.[1] ?? TITLE.exec(title)?.[1];
    const count = labels.get('failure count');
    const facts: Record<string, unknown> = {};
    if (jobId !== undefined) facts['job_id'] = jobId;
    if (first?.[2] !== undefined) facts['target_node'] = first[2];
    if (first?.[3] !== undefined) facts['schedule'] = first[3];
    if (count !== undefined && /^\d{1,9}$/.test(count)) facts['failure_count'] = Number(count);
    if (labels.has('last successful sync'))
      facts['last_sync'] = timeOf(labels.get('last successful sync'), clock);
    // The template never gets a next sync and renders ERROR (PROXMOX §C.3); PVE 7 gave a real one.
    if (labels.has('next sync try')) facts['next_sync'] = timeOf(labels.get('next sync try'), clock);
    const error = errorText(lines);
    if (error !== undefined) facts['error'] = error;
    if (lines.some((line) => /^\s{0,8}Note: The system +will now reduce the frequency/.test(line))) {
      facts['reports_will_be_reduced'] = true;
    }
    return { evidence: first !== undefined, facts };
  },
};

function timeOf(text: string | undefined, clock: LocalClock): number | null {
  const epoch = parseLocalTime(text ?? '', clock);
  // "Never" is rendered as the beginning of time, in the node's own zone.
  return epoch === undefined || epoch <= 86_400 ? null : epoch;
}

function errorText(lines: readonly string[]): string | undefined {
  const at = lines.findIndex((line) => /^\s{0,8}Error:/.test(line));
  if (at < 0) return undefined;
  const rest = [lines[at]?.replace(/^\s{0,8}Error:/, '') ?? '', ...lines.slice(at + 1)].join('\n').trim();
  return rest === '' ? undefined : rest;
}
