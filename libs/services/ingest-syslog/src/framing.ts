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

/** One message cut out of a stream. */
export interface Frame {
  /** Without length or terminator. Of an oversize line only its beginning. */
  readonly bytes: Buffer;
  /** Longer than a message may be; the rest was skipped. */
  readonly oversize: boolean;
}

/** Why a stream cannot be cut any further. The connection is to be closed. */
export type FramingFault = 'frame-too-large' | 'bad-frame';

/** Cuts the bytes of one TCP connection into messages, in any fragments they come. */
export interface Framer {
  /** @returns the messages that are whole now. After a fault nothing more comes. */
  push(chunk: Buffer): Frame[];
  /** The peer ended: a last line without terminator counts, half a counted frame does not. */
  end(): Frame[];
  readonly fault: FramingFault | undefined;
}

/**
 * RFC 6587: octet counting (`126 <30>…`) or lines ended by LF, CRLF or NUL; the first bytes of the connection decide. A
 * relay's line may begin with the digits of a date, which no blank follows.
 */
export function createFramer(): Framer {
  let mode: 'undecided' | 'counted' | 'lines' = 'undecided';
  let fault: FramingFault | undefined;
  let buffer = Buffer.allocUnsafe(FIRST_SIZE);
  // Bytes [start, end) are held; [start, scanned) hold no terminator.
  let start = 0;
  let scanned = 0;
  let end = 0;
  let skipping = false;

  function append(chunk: Buffer): void {
    if (start === end) start = scanned = end = 0;
    const need = end - start + chunk.length;
    if (end + chunk.length > buffer.length) {
      // Growing by doubling keeps the copying linear, however small the fragments are.
      const target = need > buffer.length ? Buffer.allocUnsafe(Math.max(need, buffer.length * 2)) : buffer;
      buffer.copy(target, 0, start, end);
      buffer = target;
      scanned -= start;
      end -= start;
      start = 0;
    }
    end += chunk.copy(buffer, end);
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
      // Some senders end counted frames with a line feed too.
      while (start < end && (buffer[start] === LF || buffer[start] === CR)) start++;
      let at = start;
      while (at < end && isDigit(buffer[at])) at++;
      if (at - start > MAX_LENGTH_DIGITS) return void (fault = 'frame-too-large');
      if (at === end) return;
      if (at === start || buffer[at] !== SPACE) return void (fault = 'bad-frame');
      const length = Number(buffer.toString('latin1', start, at));
      if (length > SYSLOG_MAX_FRAME_BYTES) return void (fault = 'frame-too-large');
      if (end - at - 1 < length) return;
      frames.push(frameOf(buffer.subarray(at + 1, at + 1 + length)));
      start = scanned = at + 1 + length;
    }
  }

  function takeLines(frames: Frame[]): void {
    for (;;) {
      const terminator = findTerminator(buffer, scanned, end);
      if (terminator < 0) {
        scanned = end;
        if (!skipping && end - start > SYSLOG_MAX_LINE_BYTES) {
          frames.push({ bytes: copyOf(buffer.subarray(start, start + 1024)), oversize: true });
          skipping = true;
        }
        if (skipping) start = scanned = end;
        return;
      }
      const line = trimCr(buffer.subarray(start, terminator));
      if (skipping) skipping = false;
      else if (line.length > 0) frames.push(frameOf(line));
      start = scanned = terminator + 1;
    }
  }

  function take(): Frame[] {
    const frames: Frame[] = [];
    if (mode === 'undecided') decide();
    if (fault === undefined && mode === 'counted') takeCounted(frames);
    if (fault === undefined && mode === 'lines') takeLines(frames);
    return frames;
  }

  return {
    get fault() {
      return fault;
    },
    push(chunk) {
      if (fault !== undefined || chunk.length === 0) return [];
      append(chunk);
      return take();
    },
    end() {
      if (fault !== undefined || skipping || mode === 'counted' || start === end) return [];
      const line = trimCr(buffer.subarray(start, end));
      start = scanned = end;
      return line.length === 0 ? [] : [frameOf(line)];
    },
  };
}

function frameOf(bytes: Buffer): Frame {
  const oversize = bytes.length > SYSLOG_MAX_LINE_BYTES;
  return { bytes: copyOf(oversize ? bytes.subarray(0, 1024) : bytes), oversize };
}

/** The buffer is written over by what comes next. */
function copyOf(bytes: Buffer): Buffer {
  return Buffer.from(bytes);
}

function trimCr(line: Buffer): Buffer {
  return line.at(-1) === CR ? line.subarray(0, -1) : line;
}

function findTerminator(buffer: Buffer, from: number, to: number): number {
  for (let at = from; at < to; at++) if (buffer[at] === LF || buffer[at] === NUL) return at;
  return -1;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= DIGIT_0 && byte <= DIGIT_9;
}
