import * as z from 'zod';
import { ToolError } from './tool-error.ts';

/** Name of a cluster, standalone node or PBS. */
export const clusterArgument = z
  .string()
  .max(200)
  .optional()
  .describe('Cluster, standalone node or PBS; omit for all');
/** How a guest is addressed. Models like to send the id as a number. */
export const guestArgument = z
  .preprocess((value) => (typeof value === 'number' ? String(value) : value), z.string().min(1).max(200))
  .describe('"105", a guest name, or "cluster/105"');
/** Rows per answer. */
export const limitArgument = z.coerce.number().int().min(1).max(500).default(50);
/** Continues an earlier answer. */
export const cursorArgument = z.string().max(300).optional().describe('next_cursor of the answer before');
/** An absolute or relative time. */
export const timeArgument = z
  .string()
  .max(40)
  .optional()
  .describe('ISO 8601 ("2026-01-31T02:00:00Z") or ago ("90m", "24h", "7d")');

const MINUTE_MS = 60_000;
const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

const DURATION = /^-?(\d{1,6})\s?([smhdw])$/i;

/** Reads a time argument. @returns ISO 8601 in UTC. @throws {ToolError} `invalid`. */
export function parseTime(name: string, value: string | undefined, now: number): string | undefined {
  if (value === undefined || value.trim() === '') return undefined;
  const ago = DURATION.exec(value.trim());
  const unit = UNIT_MS[ago?.[2]?.toLowerCase() ?? ''];
  if (ago !== null && unit !== undefined) return new Date(now - Number(ago[1]) * unit).toISOString();
  const at = Date.parse(value);
  if (Number.isNaN(at)) {
    throw new ToolError('invalid', `${name} is not a time`, { hint: 'use ISO 8601 or "90m", "24h", "7d"' });
  }
  return new Date(at).toISOString();
}

/** A time that lies ahead. */
export const aheadArgument = z.string().max(40).optional().describe('ISO 8601, or from now: "2h", "3d"');

/** Reads a time argument of which a duration counts from `now` on. @returns ISO 8601 in UTC. @throws {ToolError} `invalid`. */
export function parseAhead(name: string, value: string | undefined, now: number): string | undefined {
  const time = parseTime(name, value, now);
  if (time === undefined || value === undefined || !DURATION.test(value.trim())) return time;
  return new Date(2 * now - Date.parse(time)).toISOString();
}

/**
 * The end of a span, by its time or by its length: `duration` counts from the beginning, `until` from now on. A length ends with the
 * minute, so that a call that is tried again means the same end.
 *
 * @param from when the span begins; now by default. All in epoch milliseconds.
 * @returns ISO 8601 in UTC; `undefined` when neither is given. @throws {ToolError} `invalid`: both, no length, or no time.
 */
export function parseEnd(
  { until, duration }: { readonly until?: string | undefined; readonly duration?: string | undefined },
  now: number,
  from = now,
): string | undefined {
  if (until !== undefined && duration !== undefined)
    throw new ToolError('invalid', 'give until or duration, not both');
  if (duration !== undefined && !DURATION.test(duration.trim()))
    throw new ToolError('invalid', 'duration is not a length of time', { hint: 'use "90m", "2h", "3d"' });
  const end =
    duration === undefined ? parseAhead('until', until, now) : parseAhead('duration', duration, from);
  const isLength = duration !== undefined || (until !== undefined && DURATION.test(until.trim()));
  return end === undefined || !isLength
    ? end
    : new Date(Math.ceil(Date.parse(end) / MINUTE_MS) * MINUTE_MS).toISOString();
}

/** Copies an object without its undefined values, for types with exact optional keys. */
export function defined<T extends Record<string, unknown>>(
  object: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  // fromEntries forgets the keys' types; nothing but undefined values was removed.
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
