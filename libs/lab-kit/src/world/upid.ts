const hex8 = (n: number) => Math.floor(n).toString(16).toUpperCase().padStart(8, '0');

/** Parts of a task id; `startedAt` in epoch seconds, `pstart` in clock ticks since boot. */
export interface UpidParts {
  readonly node: string;
  readonly pid: number;
  readonly pstart: number;
  readonly startedAt: number;
  readonly type: string;
  /** Empty where the task is about nothing in particular. */
  readonly id: string;
  /** `user@realm` or `user@realm!token`. */
  readonly user: string;
}

/** `UPID:node:pid:pstart:starttime:type:id:user:` as PVE writes it. */
export function pveUpid(p: UpidParts): string {
  return `UPID:${p.node}:${hex8(p.pid)}:${hex8(p.pstart)}:${hex8(p.startedAt)}:${p.type}:${p.id}:${p.user}:`;
}

/** `UPID:node:pid:pstart:taskid:starttime:type:escaped id:authid:` as PBS writes it. */
export function pbsUpid(p: UpidParts, taskNumber: number): string {
  return `UPID:${p.node}:${hex8(p.pid)}:${hex8(p.pstart)}:${hex8(taskNumber)}:${hex8(p.startedAt)}:${p.type}:${escapeWorkerId(p.id)}:${p.user}:`;
}

/** systemd's escaping, which PBS uses for worker ids: `/` becomes `-`, other bytes outside `[A-Za-z0-9_.]` become `\xNN`. */
export function escapeWorkerId(id: string): string {
  let out = '';
  for (const [index, byte] of Buffer.from(id, 'utf8').entries()) {
    const c = String.fromCharCode(byte);
    if (c === '/') out += '-';
    else if (/[A-Za-z0-9_]/.test(c) || (c === '.' && index > 0)) out += c;
    else out += `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return out;
}
