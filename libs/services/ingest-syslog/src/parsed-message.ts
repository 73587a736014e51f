/** When the sender says it was. */
export type Stamp =
  /** With year and offset. */
  | {
      readonly kind: 'absolute';
      readonly epochMs: number;
      /** To the millisecond or better: no two happenings of a program share it. */
      readonly isExact: boolean;
    }
  /** RFC 3164: no year, no zone. `month` is 1–12. */
  | {
      readonly kind: 'local';
      readonly month: number;
      readonly day: number;
      readonly hour: number;
      readonly minute: number;
      readonly second: number;
    }
  | { readonly kind: 'none' };

/** A syslog message taken apart. */
export interface ParsedMessage {
  /** Absent where the line came without a PRI, as from a file. */
  readonly facility?: number;
  readonly level?: number;
  readonly stamp: Stamp;
  readonly host: string;
  /** Program; empty where the message names none. */
  readonly tag: string;
  readonly pid?: number;
  readonly message: string;
}

/** Bytes that are no syslog message; the word says why. */
export interface Unparsable {
  readonly reject: 'empty' | 'bad-pri' | 'bad-header';
}

/** Reads a date with offset, as RFC 3339 and RFC 5424 want it; `undefined` when it is none. */
export function parseAbsoluteStamp(text: string): Stamp | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i.test(text)) return undefined;
  // No calendar of JavaScript has a leap second; it is told as the second after it.
  const leap = text.slice(17, 19) === '60';
  const epochMs =
    Date.parse((leap ? `${text.slice(0, 17)}59${text.slice(19)}` : text).toUpperCase()) + (leap ? 1_000 : 0);
  if (Number.isNaN(epochMs)) return undefined;
  // Zeros are what senders write that have no fraction to tell.
  const isExact = /\.(?=\d{3})\d*[1-9]/.test(text);
  return { kind: 'absolute', epochMs, isExact };
}

/** A process id, where the text is one. */
export function parsePid(text: string | undefined): { pid?: number } {
  return text !== undefined && /^\d{1,9}$/.test(text) ? { pid: Number(text) } : {};
}
