import { createLocalClock, type LocalClock } from '@proxmox-mcp/proxmox-events';
import * as z from 'zod';

/** Names of the days as a calendar writes them, Sunday first as `Date` counts. */
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

const TimeOfDay = z
  .string()
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'expected a time of day in quotes: "02:00"');

/** Times that come again: by the clock on the wall of a zone, which jumps twice a year. */
export const Calendar = z.strictObject({
  /** Days on which it begins; every day without them. */
  days: z.array(z.enum(DAYS)).min(1).max(7).optional(),
  from: TimeOfDay,
  /** Of the next day, where it is not later than `from`. */
  to: TimeOfDay,
  timezone: z.string().max(100).refine(isZone, 'not a time zone: expected a name as Europe/Vienna'),
});
export type Calendar = z.infer<typeof Calendar>;

/** A stretch of time, in milliseconds since the epoch; its end is not part of it. */
export interface Stretch {
  readonly from: number;
  readonly until: number;
}

const DAY_MS = 86_400_000;

/**
 * The stretches of a calendar that are under way at a time or begin within `aheadMs` of it, earliest first.
 *
 * Where the clock is put back, the hour that comes twice belongs to a stretch both times; where it is put forward, what begins or ends
 * in the missing hour does so at the jump. So a stretch is never shorter than its reading on the wall, unless that hour does not exist.
 */
export function stretchesOf(calendar: Calendar, now: number, aheadMs: number): Stretch[] {
  const clock = createLocalClock(calendar.timezone);
  const { year, month, day } = clock.wallOf(Math.floor(now / 1_000));
  // As if it were UTC: only its date is used.
  const today = Date.UTC(year, month - 1, day);
  const first = today - DAY_MS;
  const count = Math.ceil(aheadMs / DAY_MS) + 3;
  return Array.from({ length: count }, (_, index) => first + index * DAY_MS)
    .filter((date) => isOn(calendar, date))
    .map((date) => stretchOn(calendar, date, clock))
    .filter(({ from, until }) => from < until && until > now && from <= now + aheadMs);
}

function isOn({ days }: Calendar, date: number): boolean {
  const day = DAYS[new Date(date).getUTCDay()];
  return days === undefined || (day !== undefined && days.includes(day));
}

function stretchOn({ from, to }: Calendar, date: number, clock: LocalClock): Stretch {
  // Two digits each: they sort as they follow each other.
  const end = to > from ? date : date + DAY_MS;
  return {
    from: instantOf(date + sinceMidnight(from), 'first', clock),
    until: instantOf(end + sinceMidnight(to), 'last', clock),
  };
}

function sinceMidnight(time: string): number {
  return (Number(time.slice(0, 2)) * 60 + Number(time.slice(3))) * 60_000;
}

/**
 * When the clock on the wall shows a reading, which is given as if it were UTC. Of two such times the one that is wanted; of none the
 * moment of the jump.
 */
function instantOf(reading: number, wanted: 'first' | 'last', clock: LocalClock): number {
  const offsetAt = (at: number) => shownAt(at, clock) - at;
  const [before, after] = [offsetAt(reading - DAY_MS), offsetAt(reading + DAY_MS)];
  const fitting = [reading - before, reading - after].filter((at) => shownAt(at, clock) === reading);
  if (fitting.length > 0) return wanted === 'first' ? Math.min(...fitting) : Math.max(...fitting);
  let [low, high] = [reading - after, reading - before];
  while (high - low > 1_000) {
    const middle = Math.floor((low + high) / 2_000) * 1_000;
    if (offsetAt(middle) === after) high = middle;
    else low = middle;
  }
  return high;
}

/** What the clock shows, as if it were UTC. */
function shownAt(at: number, clock: LocalClock): number {
  const { year, month, day, hour, minute, second } = clock.wallOf(Math.floor(at / 1_000));
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
