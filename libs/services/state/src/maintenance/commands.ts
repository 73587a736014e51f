import { hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { MaintenanceCommand, MaintenanceWindow } from '@proxmox-mcp/schemas';
import { endOf, isOver } from './windows.ts';

/** What a command makes of the windows. */
export type Decided =
  /** To be kept. */
  | { readonly kind: 'put'; readonly window: MaintenanceWindow }
  /** It is so already: a repeated command does no harm. */
  | { readonly kind: 'same'; readonly window: MaintenanceWindow }
  | { readonly kind: 'list' }
  | { readonly kind: 'refused'; readonly code: 'not_found' | 'invalid'; readonly message: string };

/** Longest time that a window may last from now on: what is away for longer is not under maintenance. */
const LONGEST_MS = 366 * 86_400_000;
/** Windows of people that are not over. */
const MAX_OPEN = 500;

/** Decides what a command does. Pure. */
export function decideCommand(
  command: MaintenanceCommand,
  windows: readonly MaintenanceWindow[],
  now: number,
): Decided {
  if (command.op === 'list') return { kind: 'list' };
  if (command.op === 'open') return decideOpen(command, windows, now);
  const { op, id } = command;
  if (id === undefined) return invalid(`${op} needs \`id\``);
  const window = windows.find((each) => each.id === id);
  if (window === undefined)
    return { kind: 'refused', code: 'not_found', message: `there is no maintenance window ${id}` };
  if (op === 'extend') return decideExtend(command, window, now);
  if (isOver(window, now)) return { kind: 'same', window };
  return { kind: 'put', window: { ...window, closedAt: new Date(now).toISOString() } };
}

function decideOpen(
  { match, from, until, reason, effect = 'mute', by }: MaintenanceCommand,
  windows: readonly MaintenanceWindow[],
  now: number,
): Decided {
  if (match === undefined)
    return invalid('open needs `match`: what is under maintenance; `{}` says everything');
  if (reason === undefined || reason.trim() === '')
    return invalid('open needs `reason`: why nobody should be told');
  // What has been told by then has been told: the past cannot be muted.
  const start = Math.max(now, from === undefined ? now : Date.parse(from));
  const end = endIn(until, now);
  if (typeof end === 'string') return invalid(end);
  if (end <= start) return invalid('`until` must be later than `from`');
  const rest = { match, until: new Date(end).toISOString(), reason, by, effect };
  const same = windows.find((window) => {
    const { id: _, from: at, ...others } = window;
    const isTogether = Date.parse(at) === start || (Date.parse(at) <= now && start === now);
    return !isOver(window, now) && isTogether && isDeepStrictEqual(others, rest);
  });
  if (same !== undefined) return { kind: 'same', window: same };
  if (windows.filter((window) => !isOver(window, now)).length >= MAX_OPEN)
    return invalid(`${MAX_OPEN} windows are open or planned: close some first`);
  const said = JSON.stringify([rest, start, now]);
  const window = {
    id: `mw-${hash('sha256', said, 'hex').slice(0, 12)}`,
    from: new Date(start).toISOString(),
    ...rest,
  };
  return { kind: 'put', window };
}

function decideExtend({ until }: MaintenanceCommand, window: MaintenanceWindow, now: number): Decided {
  if (isOver(window, now)) return invalid(`window ${window.id} is over: open a new one`);
  const end = endIn(until, now);
  if (typeof end === 'string') return invalid(end);
  if (end === endOf(window)) return { kind: 'same', window };
  if (end < endOf(window))
    return invalid(`window ${window.id} lasts until ${window.until} already; close ends it sooner`);
  return { kind: 'put', window: { ...window, until: new Date(end).toISOString() } };
}

/** @returns milliseconds, or what is wrong. */
function endIn(until: string | undefined, now: number): number | string {
  const end = Date.parse(until ?? '');
  if (Number.isNaN(end)) return 'it needs `until`: when it ends, an ISO 8601 time';
  if (end <= now) return '`until` must lie in the future';
  return end > now + LONGEST_MS ? '`until` must be at most a year ahead' : end;
}

function invalid(message: string): Decided {
  return { kind: 'refused', code: 'invalid', message };
}
