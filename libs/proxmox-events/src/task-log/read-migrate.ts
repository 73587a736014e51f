import { oneLine } from '../text.ts';
import { parseSize, parseDuration } from '../quantities.ts';
import { present, type LogReading } from './log-reading.ts';

type Phase = 'prepare' | 'storage' | 'memory' | 'cleanup';

/** How far the copy of one disk is. */
interface Disk {
  drive: string;
  transferred_bytes: number | undefined;
  total_bytes: number | undefined;
  percent: number;
  ready: boolean;
}

const MAX_DISKS = 64;
const MAX_ERROR = 1_000;
const STAMP = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) /;
const SIZE = '([\\d.]{1,12} \\w{1,3})';
const DRIVE = new RegExp(
  `^([\\w.-]{1,64}): transferred ${SIZE} of ${SIZE} \\(([\\d.]{1,8})%\\) in [\\dhmsdw. ]{1,24}(, ready)?`,
);
const ACTIVE = new RegExp(`^migration active, transferred ${SIZE} of ${SIZE} VM-state, ${SIZE}/s`);

/** The line that shows a phase has begun, by how it starts (PROXMOX §B.5). */
const PHASES: readonly (readonly [string, Phase])[] = [
  ['starting storage migration', 'storage'],
  ['drive mirror is starting', 'storage'],
  ['copying local disk', 'storage'],
  ['full send of ', 'storage'],
  ['starting online/live migration', 'memory'],
  ['migration active', 'memory'],
  ['migration completed', 'cleanup'],
  ['migration status', 'cleanup'],
  ['aborting phase', 'cleanup'],
  ['start final cleanup', 'cleanup'],
  ['start container on', 'cleanup'],
];

/** Reads the log of a migration of a VM or container. */
export function readMigrate(lines: readonly string[]): LogReading {
  const found: Record<string, unknown> = {};
  const disks = new Map<string, Disk>();
  let phase: Phase = 'prepare';
  let firstError: string | undefined;
  let cause: string | undefined;
  let shutdownAt: number | undefined;
  let storage = false;

  for (const line of lines) {
    const stamp = STAMP.exec(line);
    const text = stamp ? line.slice(stamp[0].length) : line;
    const begun = PHASES.find(([start]) => text.startsWith(start))?.[1];
    if (begun !== undefined) {
      phase = begun;
      storage ||= begun === 'storage';
    }
    const to = /^starting migration of (?:VM|CT) \d{1,9} to node '([^']{1,100})' \(([^)]{1,100})\)/.exec(
      text,
    );
    if (to) Object.assign(found, { target_node: to[1], target_ip: to[2] });
    const drive = DRIVE.exec(text);
    if (drive) readDrive(disks, drive);
    const active = ACTIVE.exec(text);
    if (active) {
      found['mem_transferred_bytes'] = parseSize(active[1] ?? '');
      found['mem_total_bytes'] = parseSize(active[2] ?? '');
      found['speed_bps'] = parseSize(active[3] ?? '');
    }
    const average = /^average migration speed: ([\d.]{1,12} \w{1,3})\/s - downtime (\d{1,12}) ms/.exec(text);
    if (average) {
      found['avg_speed_bps'] = parseSize(average[1] ?? '');
      found['downtime_ms'] = Number(average[2]);
    }
    const state = /^migration completed, transferred ([\d.]{1,12} \w{1,3}) VM-state/.exec(text);
    if (state) found['mem_transferred_bytes'] = parseSize(state[1] ?? '');
    if (text.startsWith('migration status error: '))
      found['status_error'] = oneLine(text.slice('migration status error: '.length), MAX_ERROR);
    const end =
      /^(?:ERROR: )?migration (?:finished successfully|aborted|finished with problems) \(duration (\d{2,6}:\d\d:\d\d)\)(?:: )?/.exec(
        text,
      );
    if (end) {
      found['duration_s'] = parseDuration(end[1] ?? '');
      cause = oneLine(text.slice(end[0].length), MAX_ERROR) || undefined;
    } else if (text.startsWith('ERROR: ')) firstError ??= oneLine(text.slice('ERROR: '.length), MAX_ERROR);
    if (text.startsWith('shutdown CT ') && stamp) shutdownAt = wallClock(stamp);
    if (text.startsWith('start container on target node') && stamp && shutdownAt !== undefined)
      found['downtime_ms'] = Math.max(0, wallClock(stamp) - shutdownAt);
    if (text.startsWith('start container on source node')) found['restarted_on_source'] = true;
  }

  const failed = firstError !== undefined || cause !== undefined;
  const { target_ip, mem_total_bytes, speed_bps, ...ending } = found;
  const diskRows = [...disks.values()].map((disk) => present({ ...disk }));
  return {
    facts: present({ ...ending, storage_migration: storage, ...(failed && { cause: cause ?? firstError }) }),
    progress: {
      facts: present({
        target_node: found['target_node'],
        target_ip,
        phase,
        disks: diskRows.length > 0 ? diskRows : undefined,
        mem_transferred_bytes: found['mem_transferred_bytes'],
        mem_total_bytes,
        speed_bps,
      }),
    },
  };
}

function readDrive(
  disks: Map<string, Disk>,
  [, drive = '', done = '', total = '', percent, ready]: RegExpExecArray,
): void {
  if (!disks.has(drive) && disks.size >= MAX_DISKS) return;
  disks.set(drive, {
    drive,
    transferred_bytes: parseSize(done),
    total_bytes: parseSize(total),
    percent: Number(percent),
    ready: ready !== undefined,
  });
}

/** Milliseconds of a node's local clock: only differences of two mean anything. */
function wallClock([, date, time]: RegExpExecArray): number {
  return Date.parse(`${date}T${time}Z`);
}
