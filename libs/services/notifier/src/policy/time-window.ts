import * as z from 'zod';

const DAY_MINUTES = 1_440;
const MINUTE_MS = 60_000;
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
type Day = (typeof DAYS)[number];

const TIME_OF_DAY = /^(?:([01]\d|2[0-3]):([0-5]\d)|(24):(00))$/;

/** `07:30`, up to `24:00`; read as minutes since midnight. */
export const TimeOfDay = z
  .string()
  .regex(TIME_OF_DAY, 'expected a time like 07:30')
  .transform((text) => {
    const [hours = '0', minutes = '0'] = text.split(':');
    return Number(hours) * 60 + Number(minutes);
  });

/** IANA name of a time zone: `Europe/Berlin`. */
export const TimeZone = z.string().max(60).refine(isTimeZone, 'expected a time zone like Europe/Berlin');

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Keys of a time that returns every week. */
export const windowShape = {
  /** Of a window over midnight the day on which it begins. Every day without it. */
  days: z.array(z.enum(DAYS)).min(1).max(7).optional(),
  from: TimeOfDay.default(0),
  /** Before `from`: over midnight. */
  to: TimeOfDay.default(DAY_MINUTES),
  /** That of the file without it. */
  timezone: TimeZone.optional(),
} as const;

/** A time that returns every week, on the clock of a zone. */
export interface WeeklyWindow {
  readonly days?: readonly Day[] | undefined;
  /** Minutes since midnight. */
  readonly from: number;
  readonly to: number;
  readonly timezone?: string | undefined;
}

/** Whether an instant is within a window. @param at milliseconds since the epoch. */
export function isWithin(window: WeeklyWindow, at: number, zone: string): boolean {
  const { day, minute } = localAt(at, window.timezone ?? zone);
  const isOn = (of: number) => window.days?.includes(DAYS[(of + 7) % 7] ?? 'sun') ?? true;
  const { from, to } = window;
  if (from < to) return minute >= from && minute < to && isOn(day);
  return (minute >= from && isOn(day)) || (minute < to && isOn(day - 1));
}

/** When the window that an instant is in ends; the instant itself when it is in none. At most eight days ahead. */
export function endOfWindow(window: WeeklyWindow, at: number, zone: string): number {
  let end = at;
  for (let days = 0; days < 8 && isWithin(window, end, zone); days++) {
    end = nextTimeOfDay(end, window.to, window.timezone ?? zone);
  }
  return end;
}

/** The next instant after `at` at which the clocks of a zone show a time. */
export function nextTimeOfDay(at: number, minuteOfDay: number, zone: string): number {
  const wanted = minuteOfDay % DAY_MINUTES;
  const left = (wanted - localAt(at, zone).minute + DAY_MINUTES) % DAY_MINUTES;
  const next = (Math.floor(at / MINUTE_MS) + (left === 0 ? DAY_MINUTES : left)) * MINUTE_MS;
  // Clocks that were changed in between are off by the change.
  const off = ((localAt(next, zone).minute - wanted + DAY_MINUTES * 1.5) % DAY_MINUTES) - DAY_MINUTES / 2;
  const mended = next - off * MINUTE_MS;
  // A time that the change leaves out never shows: then a little later is as good.
  return mended > at && localAt(mended, zone).minute === wanted ? mended : next;
}

function localAt(at: number, zone: string): { readonly day: number; readonly minute: number } {
  const parts = clockOf(zone).formatToParts(at);
  const part = (type: string) => parts.find((each) => each.type === type)?.value ?? '';
  const day = DAYS.findIndex((name) => name === part('weekday').toLowerCase());
  return { day, minute: Number(part('hour')) * 60 + Number(part('minute')) };
}

/** Making one costs a hundred times what using it does. Remembers no state: the same zone always gives the same. */
const clocks = new Map<string, Intl.DateTimeFormat>();
const MAX_CLOCKS = 50;

function clockOf(zone: string): Intl.DateTimeFormat {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  if (clocks.size >= MAX_CLOCKS) clocks.clear();
  clocks.set(zone, made);
  return made;
}
