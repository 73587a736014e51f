// C0 except tab and line feed, DEL, C1, and the bidirectional and line-breaking marks that could make a log line lie.
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
