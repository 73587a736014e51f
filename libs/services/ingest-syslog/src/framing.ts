import { SYSLOG_MAX_FRAME_BYTES, SYSLOG_MAX_LINE_BYTES } from './limits.ts';

const LF = 0x0a;
const CR = 0x0d;
const NUL = 0x00;
const SPACE = 0x20;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
/** "1048576 " has seven digits: an eighth already claims too much. */
const MAX_LENGTH_DIGITS = 7;
const FIRST_SIZE = 4 * 1024;
/** Kept of a message that is too long, for the count's sake. */
const OVERSIZE_KEPT = 1_024;
const NOTHING: Buffer = Buffer.alloc(0);

/** One message cut out of a stream. */
export interface Frame {
  /** Without length or terminator. Of an oversize line only its beginning. */
  readonly bytes: Buffer;
  /** Longer than a message may be; the rest was skipped. */
  readonly oversize: boolean;
}

/** Why a stream cannot be cut any further. The connection is to be closed. */
export type FramingFault = 'frame-too-large' | 'bad-frame' | 'truncated-frame';

/** Cuts the bytes of one TCP connection into messages, in any fragments they come. Holds at most a message and a fragment. */
export interface Framer {
  /** @returns the messages that are whole now. After a fault nothing more comes. */
  push(chunk: Buffer): Frame[];
  /** The peer ended: a last line without terminator counts; half a counted frame does not and is a fault. */
  end(): Frame[];
  readonly fault: FramingFault | undefined;
  /** Part of a message is here and the rest is awaited. */
  readonly isPending: boolean;
}

/**
 * RFC 6587: octet counting (`126 <30>…`) or lines ended by LF, CRLF or NUL; the first bytes of the connection decide. A
 * relay's line may begin with the digits of a date, which no blank follows.
 */
export function createFramer(): Framer {
  let mode: 'undecided' | 'counted' | 'lines' = 'undecided';
  let fault: FramingFault | undefined;
  let buffer = NOTHING;
  // A fragment is cut where it lies; only what is left of it is copied into memory of our own, which is written over.
  let owned = false;
  // Bytes [start, end) are held; [start, scanned) hold no terminator.
  let start = 0;
  let scanned = 0;
  let end = 0;
  // The rest of a message that is too long: of a line up to its end, of a counted frame so many bytes.
  let skipping = false;
  let toSkip = 0;

  function hold(chunk: Buffer): void {
    if (start === end) {
      buffer = chunk;
      owned = false;
      start = scanned = 0;
      end = chunk.length;
    } else append(chunk);
  }

  function append(chunk: Buffer): void {
    const need = end - start + chunk.length;
    if (!owned || end + chunk.length > buffer.length) {
      // Growing by doubling keeps the copying linear, however small the fragments are.
      const fits = owned && need <= buffer.length;
      const target = fits ? buffer : Buffer.allocUnsafe(Math.max(need, 2 * (end - start), FIRST_SIZE));
      buffer.copy(target, 0, start, end);
      buffer = target;
      owned = true;
      scanned -= start;
      end -= start;
      start = 0;
    }
    end += chunk.copy(buffer, end);
  }

  /** What is left of a fragment must not keep all of it in memory. */
  function keepRest(): void {
    if (start === end) {
      buffer = NOTHING;
      owned = false;
      start = scanned = end = 0;
    } else if (!owned) append(NOTHING);
  }

  function decide(): void {
    let at = start;
    while (at < end && isDigit(buffer[at])) at++;
    const digits = at - start;
    if (digits === 0) mode = 'lines';
    else if (digits > MAX_LENGTH_DIGITS) fault = 'frame-too-large';
    else if (at < end) mode = buffer[at] === SPACE ? 'counted' : 'lines';
  }

  function takeCounted(frames: Frame[]): void {
    for (;;) {
      const skipped = Math.min(toSkip, end - start);
      start += skipped;
      toSkip -= skipped;
      // Some senders end counted frames with a line feed too.
      while (start < end && (buffer[start] === LF || buffer[start] === CR)) start++;
      if (toSkip > 0 || start === end) return;
      let at = start;
      while (at < end && isDigit(buffer[at])) at++;
      if (at - start > MAX_LENGTH_DIGITS) return void (fault = 'frame-too-large');
      if (at === end) return;
      if (at === start || buffer[at] !== SPACE) return void (fault = 'bad-frame');
      const length = Number(buffer.toString('latin1', start, at));
      if (length > SYSLOG_MAX_FRAME_BYTES) return void (fault = 'frame-too-large');
      const oversize = length > SYSLOG_MAX_LINE_BYTES;
      const kept = oversize ? OVERSIZE_KEPT : length;
      if (end - at - 1 < kept) return;
      frames.push({ bytes: bytesOf(at + 1, at + 1 + kept), oversize });
      start = scanned = at + 1 + kept;
      toSkip = length - kept;
    }
  }

  function takeLines(frames: Frame[]): void {
    for (;;) {
      const terminator = findTerminator(buffer, scanned, end);
      if (terminator < 0) {
        scanned = end;
        if (!skipping && end - start > SYSLOG_MAX_LINE_BYTES) {
          frames.push({ bytes: bytesOf(start, start + OVERSIZE_KEPT), oversize: true });
          skipping = true;
        }
        if (skipping) start = scanned = end;
        return;
      }
      if (skipping) skipping = false;
      else takeLine(terminator, frames);
      start = scanned = terminator + 1;
    }
  }

  function takeLine(to: number, frames: Frame[]): void {
    const last = to > start && buffer[to - 1] === CR ? to - 1 : to;
    const oversize = last - start > SYSLOG_MAX_LINE_BYTES;
    if (last > start)
      frames.push({ bytes: bytesOf(start, oversize ? start + OVERSIZE_KEPT : last), oversize });
  }

  function bytesOf(from: number, to: number): Buffer {
    const bytes = buffer.subarray(from, to);
    return owned ? Buffer.from(bytes) : bytes;
  }

  return {
    get fault() {
      return fault;
    },
    get isPending() {
      return start < end || skipping || toSkip > 0;
    },
    push(chunk) {
      if (fault !== undefined || chunk.length === 0) return [];
      hold(chunk);
      const frames: Frame[] = [];
      if (mode === 'undecided') decide();
      if (fault === undefined && mode === 'counted') takeCounted(frames);
      if (fault === undefined && mode === 'lines') takeLines(frames);
      keepRest();
      return frames;
    },
    end() {
      const frames: Frame[] = [];
      if (fault !== undefined || skipping) return frames;
      if (mode === 'counted') {
        if (start < end || toSkip > 0) fault = 'truncated-frame';
        return frames;
      }
      takeLine(end, frames);
      start = scanned = end;
      return frames;
    },
  };
}

function findTerminator(buffer: Buffer, from: number, to: number): number {
  for (let at = from; at < to; at++) if (buffer[at] === LF || buffer[at] === NUL) return at;
  return -1;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= DIGIT_0 && byte <= DIGIT_9;
}
