import { parseDuration } from '../../quantities.ts';
import { NOISE, unescapeText, type LineReader } from '../syslog-line.ts';

const JOB_STARTED = /^INFO: starting new backup job: vzdump(?: |$)/;
// The command line is what `pvesh` would print; the guests come first, so the option is looked for in a bounded part.
const JOB_STORAGE = / --storage ([A-Za-z][A-Za-z0-9._-]{0,99})(?: |$)/;
const GUEST_STARTED = /^INFO: Starting Backup of VM (\d{1,9}) \((qemu|lxc)\)$/;
const GUEST_FINISHED = /^INFO: Finished Backup of VM (\d{1,9}) \((\d{1,6}:\d\d:\d\d)\)$/;
const GUEST_FAILED = /^ERROR: Backup of VM (\d{1,9}) failed - ([\s\S]*)$/;
const REPLICATION = /^(([1-9]\d{0,8})-\d{1,9}): got unexpected replication job error - ([\s\S]*)$/;

const NOISE_LINES: readonly RegExp[] = [
  /^worker (?:process )?\d{1,9} (?:finished|started)/,
  /^starting \d{1,4} worker\(s\)/,
  /^(?:starting|restarting|shutdown|server (?:closing|stopped|shutdown))/,
  /^proxy detected vanished client connection/,
  /^got inotify poll request in wrong process/,
  /^auth key pair too old, rotating/,
  /^launch command: /,
  /^VM \d{1,9} (?:started with PID|qmp command)/,
  /^(?:INFO: )?Backup job finished/,
  /^(?:DEBUG|INFO): /,
  /^connection timed out$/,
];

/** syslog(3): 3 is "error", smaller is worse. */
const LEVEL_ERROR = 3;

/**
 * Lines that workers of PVE's daemons write without a UPID. Their syslog pid is the worker's, so `worker_pid` joins them to the
 * task.
 */
export const readWorkerLine: LineReader = ({ message, pid, level }) => {
  const worker = pid === undefined ? {} : { worker_pid: pid };
  if (JOB_STARTED.test(message)) {
    const storage = JOB_STORAGE.exec(message.slice(0, 8_192))?.[1];
    return { type: 'backup.job.started', ...(storage === undefined ? {} : { storage }), facts: worker };
  }
  const started = GUEST_STARTED.exec(message);
  if (started !== null) {
    const kind = started[2] === 'lxc' ? 'lxc' : 'qemu';
    return { type: 'backup.guest.started', guest: { kind, vmid: Number(started[1]) }, facts: worker };
  }
  const finished = GUEST_FINISHED.exec(message);
  if (finished !== null) {
    const duration = parseDuration(finished[2] ?? '');
    return {
      type: 'backup.guest.succeeded',
      guest: { kind: 'unknown', vmid: Number(finished[1]) },
      facts: { ...(duration === undefined ? {} : { duration_s: duration }), ...worker },
    };
  }
  const failed = GUEST_FAILED.exec(message);
  if (failed !== null) {
    return {
      type: 'backup.guest.failed',
      guest: { kind: 'unknown', vmid: Number(failed[1]) },
      facts: { error: unescapeText(failed[2] ?? ''), ...worker },
    };
  }
  const replication = REPLICATION.exec(message);
  if (replication !== null) {
    return {
      type: 'replication.job.failed',
      guest: { kind: 'unknown', vmid: Number(replication[2]) },
      facts: { job_id: replication[1], error: unescapeText(replication[3] ?? ''), ...worker },
    };
  }
  if (NOISE_LINES.some((pattern) => pattern.test(message))) return NOISE;
  return readErrorText({ message, level }, worker);
};

/** What a worker logs as an error is what its task is about to end with. */
export function readErrorText(
  { message, level }: { readonly message: string; readonly level: number | undefined },
  worker: { readonly worker_pid?: number },
): ReturnType<LineReader> {
  if (level === undefined || level > LEVEL_ERROR) return undefined;
  const error = unescapeText(message.replace(/^TASK ERROR: /, ''));
  return error === '' ? NOISE : { type: 'task.error.logged', facts: { error, ...worker } };
}

/** pveupdate renews certificates at night; its errors are the only word of a renewal that failed on PVE. */
export const readUpdateLine: LineReader = ({ message, level }) =>
  (level === undefined ? /\bfailed\b/.test(message) : level <= LEVEL_ERROR) &&
  /\bACME\b|certificate/i.test(message)
    ? { type: 'certificate.renewal.failed', facts: { error: unescapeText(message) } }
    : undefined;
