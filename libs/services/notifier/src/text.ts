/** Shown where text was cut, so that nobody takes the rest for the whole. */
const MARK = '…';

/**
 * Makes one line of untrusted text: control and direction-changing characters become blanks, runs of blanks one. A line
 * break in a guest's name must not forge a line of our message.
 */
export function oneLine(text: string, maxChars: number): string {
  // Cc, Cf (bidi overrides, zero width), Zl, Zp. Cut first, so that the cost does not grow with what the sender wrote.
  const flat = text
    .slice(0, maxChars * 4)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return cutText(flat, maxChars);
}

/** Cuts to at most `maxChars` UTF-16 units, mark included, never through a surrogate pair. */
export function cutText(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  let end = Math.max(0, maxChars - MARK.length);
  if (isHighSurrogate(text, end - 1)) end--;
  return text.slice(0, end) + MARK;
}

/** Cuts to at most `maxBytes` of UTF-8, mark included, never through a character. */
export function cutBytes(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= maxBytes) return text;
  let end = Math.max(0, maxBytes - Buffer.byteLength(MARK));
  // Continuation bytes are 10xxxxxx: step back to the start of a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end).toString('utf8') + MARK;
}

function isHighSurrogate(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit >= 0xd800 && unit <= 0xdbff;
}
