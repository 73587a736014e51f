import type { GuestRef } from '@proxmox-mcp/schemas';
import { oneLine } from '../text.ts';
import { parseSize, parseDuration } from '../quantities.ts';
import { present, type LogReading } from './log-reading.ts';

/** What a vzdump log tells of one guest. Names of PROXMOX §G.7. */
interface GuestBackup {
  vmid: number;
  kind?: 'qemu' | 'lxc';
  name?: string;
  status?: 'ok' | 'err';
  duration_s?: number;
  archive?: string;
  archive_size?: string;
  error?: string;
  last_percent?: number;
  reused_percent?: number;
  transferred?: string;
}

const MAX_GUESTS = 2_000;
const MAX_ERROR = 1_000;
const PERCENT =
  /^INFO: {1,3}(\d{1,3})% \(([\d.]{1,12} \w{1,3}) of ([\d.]{1,12} \w{1,3})\) in ([\dhmsdw. ]{1,24}), read: ([\d.]{1,12} \w{1,3})\/s, write: ([\d.]{1,12} \w{1,3})\/s/;

/** Reads the log of a backup job (PROXMOX §B.5). `ended` is `undefined` while it runs, else the job's status. */
export function readVzdump(lines: readonly string[], ended: string | undefined): LogReading {
  const guests = new Map<number, GuestBackup>();
  const notified: string[] = [];
  const notifyFailed: string[] = [];
  let storage: string | undefined;
  let waiting = false;
  let jobError: string | undefined;
  let current: GuestBackup | undefined;
  let percent: RegExpExecArray | undefined;

  const guestOf = (vmid: number): GuestBackup | undefined => {
    const known = guests.get(vmid);
    if (known) return known;
    if (guests.size >= MAX_GUESTS) return undefined;
    const fresh: GuestBackup = { vmid };
    guests.set(vmid, fresh);
    return fresh;
  };

  for (const line of lines) {
    if (line.startsWith('INFO: ')) {
      const start = /^INFO: Starting Backup of VM (\d{1,9}) \((qemu|lxc)\)$/.exec(line);
      if (start) {
        current = guestOf(Number(start[1]));
        // The pattern allows these two words only.
        if (current) current.kind = start[2] as 'qemu' | 'lxc';
        percent = undefined;
        continue;
      }
      const finished = /^INFO: Finished Backup of VM (\d{1,9}) \((\d{2,6}:\d\d:\d\d)\)$/.exec(line);
      if (finished) {
        const guest = guestOf(Number(finished[1]));
        const took = parseDuration(finished[2] ?? '');
        if (guest) Object.assign(guest, { status: 'ok' }, took !== undefined && { duration_s: took });
        if (guest === current) current = undefined;
        continue;
      }
      const at = PERCENT.exec(line);
      if (at) {
        percent = at;
        if (current) current.last_percent = Number(at[1]);
        continue;
      }
      if (current) readGuestLine(current, line);
      else if (line.startsWith('INFO: trying to get global lock')) waiting = true;
      else if (line.startsWith('INFO: got global lock')) waiting = false;
      storage ??= /^INFO: starting new backup job: vzdump .{0,8000}?--storage ([^\s']{1,100})/.exec(
        line,
      )?.[1];
      const target = /^INFO: notified via target `([^`]{1,200})`/.exec(line)?.[1];
      if (target !== undefined && notified.length < 100) notified.push(target);
    } else if (line.startsWith('ERROR: ')) {
      const failed = /^ERROR: Backup of VM (\d{1,9}) failed - /.exec(line);
      const deaf = /^ERROR: could not notify via target `([^`]{1,200})`/.exec(line)?.[1];
      if (failed) {
        const guest = guestOf(Number(failed[1]));
        if (guest)
          Object.assign(guest, { status: 'err', error: oneLine(line.slice(failed[0].length), MAX_ERROR) });
        if (guest === current) current = undefined;
      } else if (deaf !== undefined) {
        if (notifyFailed.length < 100) notifyFailed.push(deaf);
      } else if (current) current.error ??= oneLine(line.slice('ERROR: '.length), MAX_ERROR);
      else jobError = oneLine(line.slice('ERROR: '.length), MAX_ERROR);
    }
  }

  if (ended !== undefined)
    for (const guest of guests.values()) {
      if (guest.status === undefined)
        Object.assign(guest, { status: 'err', error: guest.error ?? oneLine(ended, MAX_ERROR) });
      if (guest.status === 'ok') delete guest.last_percent;
    }
  const only = guests.size === 1 ? [...guests.values()][0] : undefined;
  return {
    storage,
    guest: only && refOf(only),
    facts: present({
      storage,
      guests: [...guests.values()],
      notified_targets: notified.length > 0 ? notified : undefined,
      notify_failed_targets: notifyFailed.length > 0 ? notifyFailed : undefined,
      error: jobError,
    }),
    progress: current
      ? { family: 'backup.guest', guest: refOf(current), facts: percent ? percentFacts(percent) : {} }
      : { facts: present({ waiting_for_lock: waiting || undefined, guests_done: guests.size }) },
  };
}

function readGuestLine(guest: GuestBackup, line: string): void {
  const name = /^INFO: (?:VM|CT) Name: (.{1,255})$/.exec(line)?.[1];
  if (name !== undefined) guest.name ??= oneLine(name, 255);
  const archive = /^INFO: creating (?:vzdump|Proxmox Backup Server) archive '(.{1,1000})'$/.exec(line)?.[1];
  if (archive !== undefined) guest.archive = archive;
  const size = /^INFO: archive file size: (\S{1,40})/.exec(line)?.[1];
  if (size !== undefined) guest.archive_size = size;
  const reused = /^INFO: backup was done incrementally, reused .{1,40} \((\d{1,3})%\)/.exec(line)?.[1];
  if (reused !== undefined) guest.reused_percent = Number(reused);
  const transferred = /^INFO: transferred (.{1,40}) in \d/.exec(line)?.[1];
  if (transferred !== undefined) guest.transferred = transferred;
}

function percentFacts([
  ,
  percent,
  done = '',
  total = '',
  elapsed = '',
  read = '',
  write = '',
]: RegExpExecArray) {
  return present({
    percent: Number(percent),
    transferred_bytes: parseSize(done),
    total_bytes: parseSize(total),
    elapsed_s: parseDuration(elapsed),
    read_bps: parseSize(read),
    write_bps: parseSize(write),
  });
}

function refOf(guest: GuestBackup): GuestRef | undefined {
  if (guest.vmid < 1) return undefined;
  return {
    kind: guest.kind ?? 'unknown',
    vmid: guest.vmid,
    ...(guest.name !== undefined && { name: guest.name }),
  };
}
