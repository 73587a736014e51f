// C0 except tab and line feed, DEL, C1, and the bidirectional and line-breaking marks that could make a log line lie.
// eslint-disable-next-line no-control-regex
const CONTROLS =
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069\uFEFF]/g;

/** Text without control characters; carriage returns go too. Tabs and line feeds stay. */
export function stripControls(text: string): string {
  return text.replace(CONTROLS, '');
}

/** One line of at most `maxChars` characters: controls removed, runs of white space one blank, `…` where it was cut. */
export function oneLine(text: string, maxChars: number): string {
  // Cut first, so that the work is bounded by what is wanted and not by what was sent.
  const flat = stripControls(text.slice(0, maxChars * 4 + 64).replace(/[\r\n\t]/g, ' '))
    .replace(/ {2,}/g, ' ')
    .trim();
  return flat.length > maxChars ? `${flat.slice(0, maxChars - 1)}…` : flat;
}

const UNIT_POWER: Readonly<Record<string, number>> = { '': 0, K: 1, M: 2, G: 3, T: 4, P: 5, E: 6 };

/**
 * Bytes of a size as Proxmox prints it: `5.21 GiB`, `960 MB`, `398 B`, `5.21GB`. Units are powers of 1024 whatever they are
 * called, as Proxmox counts them. `undefined` when it is no size.
 */
export function parseSize(text: string): number | undefined {
  const match = /^\s{0,8}(\d{1,18}(?:\.\d{1,9})?)\s{0,4}([KMGTPE]?)i?[Bb]?(?:ytes?)?\s{0,8}$/.exec(text);
  if (!match) return undefined;
  // The pattern guarantees both groups.
  return Math.round(Number(match[1]) * 1024 ** UNIT_POWER[match[2] ?? '']!);
}

/** Seconds of `1h 2m 3s`, `4m 1s`, `21s`, `00:04:27`, `04:27`; `undefined` when it is no duration. */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.slice(0, 64).trim();
  const clock = /^(?:(\d{1,6}):)?(\d{1,2}):(\d{1,2})(?:\.\d{1,9})?$/.exec(trimmed);
  if (clock) return Number(clock[1] ?? 0) * 3600 + Number(clock[2]) * 60 + Number(clock[3]);
  const parts = /^(?:(\d{1,6})d ?)?(?:(\d{1,6})h ?)?(?:(\d{1,6})m ?)?(?:(\d{1,9})(?:\.\d{1,9})?s)?$/.exec(
    trimmed,
  );
  if (!parts || trimmed === '') return undefined;
  const [, d = '0', h = '0', m = '0', s = '0'] = parts;
  return Number(d) * 86_400 + Number(h) * 3600 + Number(m) * 60 + Number(s);
}
