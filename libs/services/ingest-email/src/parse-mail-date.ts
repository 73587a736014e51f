const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DATE =
  /^\s*(?:[A-Za-z]{3},)?\s*(\d{1,2})\s+([A-Za-z]{3})\s+(\d{2,4})\s+(\d{1,2}):(\d\d)(?::(\d\d))?\s+([+-]\d{4}|[A-Za-z]{1,5})/;
/** RFC 5322 §4.3; other names of zones are as good as `-0000`: UTC. */
const ZONE_HOURS: Readonly<Record<string, number>> = {
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
};

/**
 * Reads the date of a mail header. `Date.parse` would do, but takes a date without a zone for one of this machine's.
 *
 * @returns epoch seconds; `undefined` where it is no date of RFC 5322.
 */
export function parseMailDate(text: string): number | undefined {
  const match = DATE.exec(text.slice(0, 100).replace(/\s+/g, ' '));
  if (match === null) return undefined;
  const [day = '', monthName = '', yearText = '', hour = '', minute = '', second = '0', zone = ''] =
    match.slice(1);
  const month = MONTHS.indexOf(monthName.toLowerCase());
  if (month < 0) return undefined;
  const short = Number(yearText);
  // RFC 5322 §4.3: two digits from 00 to 49 are of this century, three or from 50 on of the last.
  const year = yearText.length > 3 ? short : short + (yearText.length === 2 && short < 50 ? 2000 : 1900);
  const local = Date.UTC(year, month, Number(day), Number(hour), Number(minute), Number(second));
  const utc = new Date(local);
  if (utc.getUTCDate() !== Number(day) || utc.getUTCHours() !== Number(hour)) return undefined;
  return local / 1000 - zoneSeconds(zone);
}

function zoneSeconds(zone: string): number {
  const numeric = /^([+-])(\d\d)(\d\d)$/.exec(zone);
  if (numeric === null) return (ZONE_HOURS[zone.toUpperCase()] ?? 0) * 3_600;
  const seconds = Number(numeric[2]) * 3_600 + Number(numeric[3]) * 60;
  return numeric[1] === '-' ? -seconds : seconds;
}
