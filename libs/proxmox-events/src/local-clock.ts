const QUARTER_S = 900;
/** Quarters of an hour whose offset is kept. */
const MAX_OFFSETS = 512;

/** A wall-clock reading without a zone. `month` is 1–12. */
export interface WallTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** Turns wall-clock readings of one time zone into epoch seconds. */
export interface LocalClock {
  /**
   * In the doubled hour at the end of summer time the earlier instant is given; in the missing hour the one after the jump.
   *
   * @returns `undefined` for readings no calendar has.
   */
  epochOf(wall: WallTime): number | undefined;
  /** What the wall clock of the zone shows. */
  wallOf(epochSeconds: number): WallTime;
}

/** Makes a clock of an IANA zone; an unknown zone is taken for UTC, so that a typo costs an offset and not the event. */
export function createLocalClock(timeZone: string): LocalClock {
  const format = formatter(timeZone);
  // Lines of a busy hour share a few offsets; formatting costs ten times what the rest of a line does.
  const offsets = new Map<number, number>();

  function offsetAt(epochSeconds: number): number {
    // No zone changes its offset but at a quarter of an hour.
    const quarter = Math.floor(epochSeconds / QUARTER_S);
    const known = offsets.get(quarter);
    if (known !== undefined) return known;
    const offset = utcOf(read(format, quarter * QUARTER_S)) - quarter * QUARTER_S;
    if (offsets.size >= MAX_OFFSETS) offsets.clear();
    offsets.set(quarter, offset);
    return offset;
  }

  // Lines of one second ask for one and the same reading, thousands of times in a storm.
  let lastWall: WallTime | undefined;
  let lastEpoch: number | undefined;
  let shownAt = Number.NaN;
  let shown: WallTime = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };

  return {
    epochOf(wall) {
      if (lastWall === undefined || !isSameWall(lastWall, wall)) {
        lastEpoch = convert(wall);
        lastWall = wall;
      }
      return lastEpoch;
    },
    wallOf(epochSeconds) {
      if (epochSeconds !== shownAt) {
        shown = show(epochSeconds);
        shownAt = epochSeconds;
      }
      return shown;
    },
  };

  function convert(wall: WallTime): number | undefined {
    if (!isReal(wall)) return undefined;
    const asUtc = utcOf(wall);
    // The offset a day before and a day after differ only around a change of summer time.
    const before = asUtc - offsetAt(asUtc - 86_400);
    if (before + offsetAt(before) === asUtc) return before;
    const after = asUtc - offsetAt(asUtc + 86_400);
    return after + offsetAt(after) === asUtc ? after : before;
  }

  function show(epochSeconds: number): WallTime {
    const date = new Date((epochSeconds + offsetAt(epochSeconds)) * 1000);
    return {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: date.getUTCSeconds(),
    };
  }
}

function isSameWall(a: WallTime, b: WallTime): boolean {
  return (
    a.second === b.second &&
    a.minute === b.minute &&
    a.hour === b.hour &&
    a.day === b.day &&
    a.month === b.month &&
    a.year === b.year
  );
}

/** Reads `YYYY-MM-DD HH:MM:SS`, as notification bodies write it, by the clock of the node that wrote it. */
export function parseLocalTime(text: string, clock: LocalClock): number | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)$/.exec(text.trim());
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number);
  if (year === undefined || month === undefined || day === undefined) return undefined;
  if (hour === undefined || minute === undefined || second === undefined) return undefined;
  return clock.epochOf({ year, month, day, hour, minute, second });
}

function formatter(timeZone: string): Intl.DateTimeFormat {
  const options = {
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  } as const;
  try {
    return new Intl.DateTimeFormat('en-US', { ...options, timeZone });
  } catch {
    return new Intl.DateTimeFormat('en-US', { ...options, timeZone: 'UTC' });
  }
}

function read(format: Intl.DateTimeFormat, epochSeconds: number): WallTime {
  const wall = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
  for (const part of format.formatToParts(epochSeconds * 1000)) {
    if (part.type in wall) wall[part.type as keyof typeof wall] = Number(part.value); // `in` just proved the key
  }
  return wall;
}

function utcOf(wall: WallTime): number {
  return Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second) / 1000;
}

function isReal(wall: WallTime): boolean {
  // A leap second shows as :60; Date.UTC carries it over, which is what everybody else does.
  if (wall.hour > 23 || wall.minute > 59 || wall.second > 60) return false;
  const date = new Date(Date.UTC(wall.year, wall.month - 1, wall.day));
  return date.getUTCMonth() === wall.month - 1 && date.getUTCDate() === wall.day;
}
