import { openTestIngest } from './testing/open-ingest.ts';
import { epoch, nightlyBackup, sampleEvent } from './testing/sample-events.ts';
import type { Event } from '@proxmox-mcp/schemas';

// Events per second from a checked event to facts and incidents on disk, in transactions of 64 as under load:
// `node libs/services/state/src/state.bench.ts [size] [events per transaction] [load]`.

const PIECES = Number(process.argv[3] ?? 64);

/** Nights of one node, each with its own UPID: nine reports by five channels and lists. */
function nights(count: number): Event[] {
  return Array.from({ length: count }, (_, night) => {
    const pid = 0x10000 + night;
    const start = epoch(night * 3_600)
      .toString(16)
      .toUpperCase();
    const upid = `UPID:pve1:${pid.toString(16).toUpperCase().padStart(8, '0')}:0A5C11D3:${start}:vzdump::root@pam:`;
    return nightlyBackup({ upid, pid, from: night * 3_600, failed: night % 10 === 0 ? [104] : [] });
  }).flat();
}

/** Starts and ends of what users do, ten a minute. */
function userTasks(count: number): Event[] {
  return Array.from({ length: count }, (_, index) => {
    const vmid = 100 + (index % 50);
    const second = index * 6;
    const pid = (0x20000 + index).toString(16).toUpperCase().padStart(8, '0');
    const upid = `UPID:pve2:${pid}:0A5C11D3:${epoch(second).toString(16).toUpperCase()}:qmstart:${vmid}:root@pam:`;
    const common = { node: 'pve2', upid, guest: { kind: 'qemu', vmid } as const };
    const task = { task_type: 'qmstart', task_id: String(vmid), user: 'root@pam', starttime: epoch(second) };
    return [
      sampleEvent({ type: 'guest.start.started', channel: 'syslog', ...common, second, facts: task }),
      sampleEvent({ type: 'guest.start.succeeded', ...common, status: 'OK', second: second + 3, facts: { ...task, endtime: epoch(second + 3) } }), // prettier-ignore
      sampleEvent({ type: 'guest.state.running', node: 'pve2', guest: common.guest, second: second + 8 }),
    ];
  }).flat();
}

/** Uploads to a PBS: its log line, the running task, its end. */
function snapshots(count: number): Event[] {
  return Array.from({ length: count }, (_, index) => {
    const vmid = 100 + (index % 50);
    const second = index * 20;
    const task = index.toString(16).toUpperCase().padStart(8, '0');
    const upid = `UPID:pbs1:0000035F:00000A1B:${task}:${epoch(second).toString(16).toUpperCase()}:backup:tank\\x2dmain\\x3avm-${vmid}:root@pam:`;
    const about = { product: 'pbs', cluster: 'pbs1', node: 'pbs1', storage: 'tank-main' } as const;
    const facts = { datastore: 'tank-main', group: `vm/${vmid}` };
    const run = { ...facts, task_type: 'backup', starttime: epoch(second) };
    return [
      sampleEvent({ type: 'backup.snapshot.started', channel: 'syslog', ...about, second, facts }),
      sampleEvent({ type: 'backup.snapshot.started', ...about, upid, second, facts: run }),
      sampleEvent({ type: 'backup.snapshot.succeeded', ...about, upid, second: second + 15, facts: { ...run, endtime: epoch(second + 15) } }), // prettier-ignore
    ];
  }).flat();
}

/** One line every two seconds about one object. */
function complaints(count: number, type: string, facts: Event['facts'], storage?: string): Event[] {
  return Array.from({ length: count }, (_, index) =>
    sampleEvent({
      type,
      id: `${type}-${index}`,
      channel: 'syslog',
      node: 'pve1',
      second: index * 2,
      facts,
      ...(storage !== undefined && { storage }),
    }),
  );
}

const size = Number(process.argv[2] ?? 1);
const loads: Readonly<Record<string, () => Event[]>> = {
  'nightly backups': () => nights(400 * size),
  'user tasks': () => userTasks(1_200 * size),
  'PBS uploads': () => snapshots(1_200 * size),
  'login failures of one address': () =>
    complaints(3_000 * size, 'auth.login.failed', { user: 'root@pam', rhost: '203.0.113.9' }),
  'complaints about one storage': () =>
    complaints(1_000 * size, 'storage.state.unavailable', {}, 'nas-backup'),
};

for (const [name, make] of Object.entries(loads)) {
  if (!name.includes(process.argv[4] ?? '')) continue;
  const events = make();
  const t = openTestIngest();
  const from = performance.now();
  const cpu = process.cpuUsage();
  t.feedTogether(PIECES, events);
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - from) / 1000;
  t.close();
  const rate = Math.round(events.length / seconds);
  const micros = Math.round((user + system) / events.length);
  console.log(`${name}: ${events.length} events, ${rate} events/s, ${micros} µs CPU per event`);
}
