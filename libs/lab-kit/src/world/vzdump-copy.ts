import { duration, fixedBytes } from '../render/units.ts';
import type { LabGuest } from './pve-model.ts';
import type { PveSite } from './pve-site.ts';
import { GIB } from './sizes.ts';
import { TaskFailure } from './tasks.ts';

/** Writes one line into the task's log and the mail. */
export type Say = (level: 'INFO' | 'ERROR', text: string) => void;

/** How a guest's data is copied. */
export interface CopyPlan {
  readonly totalMs: number;
  /** Ends the copy at `failAt` percent. */
  readonly error: string | undefined;
  readonly failAt: number;
  readonly isRunning: boolean;
}

/** Copies a guest's data, with a VM's progress lines. @throws {TaskFailure} as planned. */
export function* copyGuest(
  site: PveSite,
  guest: LabGuest,
  plan: CopyPlan,
  say: Say,
): Generator<number, void, void> {
  const total = guest.disks.reduce((sum, d) => sum + d.sizeBytes, 0);
  if (guest.kind === 'lxc') {
    yield plan.error === undefined ? plan.totalMs : (plan.totalMs * plan.failAt) / 100;
    if (plan.error !== undefined) throw new TaskFailure(plan.error);
    const rate = Math.round(guest.usedBytes / (plan.totalMs / 1000) / 1024 ** 2);
    say(
      'INFO',
      `Total bytes written: ${guest.usedBytes} (${(guest.usedBytes / GIB).toFixed(1)}GiB, ${rate}MiB/s)`,
    );
    return;
  }
  if (guest.agent && plan.isRunning) {
    say('INFO', "issuing guest-agent 'fs-freeze' command");
    say('INFO', "issuing guest-agent 'fs-thaw' command");
  }
  say('INFO', `started backup task '${site.context.random.uuid()}'`);
  if (plan.isRunning) say('INFO', 'resuming VM again');
  const began = site.now();
  const read = total / 1024 ** 2 / (plan.totalMs / 1000);
  const progress = (percent: number) => {
    const seconds = Math.max(1, Math.round((site.now() - began) / 1000));
    say(
      'INFO',
      `${String(percent).padStart(3)}% (${fixedBytes((total * percent) / 100)} of ${fixedBytes(total)}) in ${duration(seconds)}, read: ${read.toFixed(1)} MiB/s, write: ${(read / 3).toFixed(1)} MiB/s`,
    );
  };
  let last = 0;
  for (const percent of [3, 11, 24, 37, 52, 61, 76, 89, 100]) {
    const stopHere = plan.error !== undefined && percent > plan.failAt;
    const next = stopHere ? plan.failAt : percent;
    yield (plan.totalMs * (next - last)) / 100;
    last = next;
    if (stopHere || (plan.error !== undefined && percent === plan.failAt)) {
      if (percent === plan.failAt) progress(percent);
      say('ERROR', plan.error ?? '');
      say('INFO', 'aborting backup job');
      if (plan.isRunning) say('INFO', 'resuming VM again');
      throw new TaskFailure(plan.error);
    }
    progress(percent);
  }
  const zero = total - guest.usedBytes;
  if (zero > 0)
    say(
      'INFO',
      `backup is sparse: ${fixedBytes(zero, 2)} (${Math.round((zero / total) * 100)}%) total zero data`,
    );
  const seconds = Math.max(1, Math.round((site.now() - began) / 1000));
  say(
    'INFO',
    `transferred ${fixedBytes(total, 2)} in ${seconds} seconds (${(total / 1024 ** 2 / seconds).toFixed(1)} MiB/s)`,
  );
}
