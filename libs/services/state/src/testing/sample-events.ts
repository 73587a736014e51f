import type { Channel, Event, Severity } from '@proxmox-mcp/schemas';

/** Fields a sample may set; the rest are filled. */
export interface Sample extends Partial<Omit<Event, 'occurredAt' | 'receivedAt'>> {
  readonly type: string;
  readonly channel?: Channel;
  /** Seconds after the night's start, 2026-03-14T01:00:00Z. */
  readonly second?: number;
}

const NIGHT = Date.parse('2026-03-14T01:00:00Z');

/** Time of a sample's second, ISO. */
export function iso(second: number): string {
  return new Date(NIGHT + second * 1000).toISOString();
}

/** Epoch seconds of a sample's second. */
export function epoch(second: number): number {
  return NIGHT / 1000 + second;
}

/** Makes an event. The id comes from what is said and by whom, as an ingestor's does. */
export function sampleEvent(sample: Sample): Event {
  const { second = 0, ...given } = sample;
  const channel = sample.channel ?? 'api';
  const at = iso(second);
  const facts = sample.facts ?? {};
  return {
    product: 'pve',
    source: channel === 'api' ? 'atlas' : `pve-${channel}`,
    cluster: 'atlas',
    severity: severityOf(sample.type),
    title: `${sample.type} at ${second}`,
    ...given,
    channel,
    id:
      sample.id ??
      `${channel}-${sample.type}-${sample.upid ?? ''}-${sample.guest?.vmid ?? ''}-${second}-${JSON.stringify(facts).length}`,
    facts,
    occurredAt: at,
    receivedAt: at,
  };
}

function severityOf(type: string): Severity {
  if (type.endsWith('.failed') || type.endsWith('.offline')) return 'error';
  return type.endsWith('.unknown') || type.endsWith('.warned') ? 'warning' : 'info';
}

export const NIGHTLY_UPID = 'UPID:pve1:0003A1F2:0A5C11D3:69B4B314:vzdump::root@pam:';

export interface Night {
  readonly upid?: string;
  readonly jobId?: string;
  readonly pid?: number;
  /** Second at which the night begins. */
  readonly from?: number;
  readonly failed?: readonly number[];
  readonly ok?: readonly number[];
}

/** One nightly backup as five channels and lists report it: syslog lines, task list, task status, task log, webhook. */
export function nightlyBackup(night: Night = {}): Event[] {
  const {
    upid = NIGHTLY_UPID,
    jobId = 'backup-7c1e',
    pid = 238066,
    from = 0,
    failed = [104],
    ok = [101],
  } = night;
  const outcome = failed.length > 0 ? 'failed' : 'succeeded';
  const end = from + 447;
  const status = failed.length > 0 ? 'job errors' : 'OK';
  const reason = 'job failed with err -5 - Input/output error';
  const common = { node: 'pve1', upid };
  const task = { task_type: 'vzdump', task_id: '', user: 'root@pam', starttime: epoch(from) };
  const ended = { ...task, endtime: epoch(end), ...(failed.length > 0 ? { error: status } : {}) };
  const rows = (more: (vmid: number, isOk: boolean) => object) =>
    [
      ...ok.map((vmid) => ({ vmid, status: 'ok', ...more(vmid, true) })),
      ...failed.map((vmid) => ({ vmid, status: 'err', ...more(vmid, false) })),
    ].sort((a, b) => a.vmid - b.vmid);
  return [
    sampleEvent({
      type: 'backup.job.started',
      channel: 'syslog',
      ...common,
      second: from,
      facts: { task_type: 'vzdump', starttime: epoch(from) },
    }),
    sampleEvent({ type: 'backup.job.started', ...common, second: from, facts: task }),
    sampleEvent({
      type: 'backup.guest.progress',
      ...common,
      second: from + 90,
      guest: { kind: 'qemu', vmid: 101 },
      facts: { percent: 41 },
    }),
    ...failed.map((vmid) =>
      sampleEvent({
        type: 'backup.guest.failed',
        channel: 'syslog',
        node: 'pve1',
        second: end - 1,
        guest: { kind: 'unknown', vmid },
        facts: { error: reason, worker_pid: pid },
      }),
    ),
    sampleEvent({
      type: `backup.job.${outcome}`,
      channel: 'syslog',
      ...common,
      status,
      second: end,
      facts: { task_type: 'vzdump', starttime: epoch(from), ...(failed.length > 0 ? { error: status } : {}) },
    }),
    sampleEvent({
      type: `backup.job.${outcome}`,
      channel: 'webhook',
      node: 'pve1',
      second: end,
      facts: {
        notification_type: 'vzdump',
        job_id: jobId,
        guests: rows((vmid, isOk) => ({ name: `vm${vmid}`, time_s: 180, size_bytes: isOk ? 5594194903 : 0 })),
        errors: Object.fromEntries(failed.map((vmid) => [vmid, reason])),
      },
    }),
    sampleEvent({ type: `backup.job.${outcome}`, ...common, status, second: end, facts: ended }),
    sampleEvent({
      type: `backup.job.${outcome}`,
      ...common,
      status,
      second: end + 2,
      facts: {
        ...ended,
        storage: 'nas-backup',
        guests: rows((_, isOk) => ({ kind: 'qemu', ...(isOk ? {} : { error: reason, last_percent: 61 }) })),
      },
    }),
  ];
}
