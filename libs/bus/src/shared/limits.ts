import { type BucketName, BUCKETS, type StreamName, STREAMS } from '@proxmox-mcp/schemas';

/** Largest message or value in bytes of UTF-8. A server's default limit is 1 MiB *with* headers, so some room is left for them. */
export const MAX_DATA_BYTES = 1_000_000;
const MAX_SUBJECT_LENGTH = 255;
const MAX_KEY_LENGTH = 255;

/** What was handed to the bus can never be carried: too large, or a subject or key outside the alphabet. A retry cannot help. */
export class InvalidMessage extends Error {
  override readonly name = 'InvalidMessage';
  readonly reason: 'too-large' | 'not-json' | 'bad-subject' | 'bad-key' | 'bad-name';
  constructor(reason: InvalidMessage['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/**
 * Writes data as JSON.
 *
 * @throws {InvalidMessage} not JSON, or more than `MAX_DATA_BYTES`.
 */
export function encode(subject: string, data: unknown): string {
  const text: unknown = JSON.stringify(data);
  if (typeof text !== 'string')
    throw new InvalidMessage('not-json', `publishing to ${subject}: no JSON value`);
  checkSize(`publishing to ${subject}`, text);
  return text;
}

/** @throws {InvalidMessage} `text` has more than `MAX_DATA_BYTES`. */
export function checkSize(doing: string, text: string): void {
  // A UTF-16 unit is at most three bytes of UTF-8: most messages need no counting.
  if (text.length * 3 <= MAX_DATA_BYTES) return;
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_DATA_BYTES) {
    throw new InvalidMessage('too-large', `${doing}: ${bytes} bytes, at most ${MAX_DATA_BYTES} are allowed`);
  }
}

/** @throws {InvalidMessage} not dot-joined tokens without wildcards, spaces or control characters. */
export function checkSubject(subject: string): void {
  if (subject.length > MAX_SUBJECT_LENGTH || !/^[!-)+\-/-=?-~]+(\.[!-)+\-/-=?-~]+)*$/.test(subject)) {
    throw new InvalidMessage(
      'bad-subject',
      `subject ${quote(subject)} is not dot-joined tokens of at most 255 characters`,
    );
  }
}

/** The alphabet is what every server version takes as a key. @throws {InvalidMessage} */
export function checkKey(key: string): void {
  if (key.length > MAX_KEY_LENGTH || !/^[-/_=A-Za-z0-9]+(\.[-/_=A-Za-z0-9]+)*$/.test(key)) {
    throw new InvalidMessage(
      'bad-key',
      `key ${quote(key)} is not dot-joined tokens of [-/_=A-Za-z0-9], at most 255 characters`,
    );
  }
}

/** A prefix of whole tokens, with or without the closing dot, as `vm.`; none is the empty text. @throws {InvalidMessage} */
export function keyPrefix(prefix: string | undefined): string {
  if (prefix === undefined || prefix === '') return '';
  const tokens = prefix.endsWith('.') ? prefix.slice(0, -1) : prefix;
  checkKey(tokens);
  return `${tokens}.`;
}

/** Durable names become part of subjects. @throws {InvalidMessage} */
export function checkName(what: string, name: string): void {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
    throw new InvalidMessage('bad-name', `${what} ${quote(name)} is not 1 to 64 characters of [-_A-Za-z0-9]`);
  }
}

/** @throws {InvalidMessage} a bucket nobody declared in the schemas. */
export function checkBucket(bucket: BucketName): void {
  if (!BUCKETS.includes(bucket))
    throw new InvalidMessage('bad-name', `bucket ${quote(bucket)} does not exist`);
}

/** The stream that keeps a subject or a filter: its first token says so. @throws {InvalidMessage} no stream does. */
export function streamOf(subject: string): StreamName {
  const dot = subject.indexOf('.');
  const name = STREAM_BY_TOKEN.get(dot === -1 ? subject : subject.slice(0, dot));
  if (name === undefined || dot === -1) {
    throw new InvalidMessage('bad-subject', `no stream keeps subject ${quote(subject)}`);
  }
  return name;
}

/** The one stream of a consumer's filters. @throws {InvalidMessage} none, or several streams. */
export function streamOfFilters(filters: readonly string[]): StreamName {
  const streams = new Set(filters.map(streamOf));
  const [stream] = streams;
  if (stream === undefined || streams.size > 1) {
    throw new InvalidMessage('bad-subject', `filters ${quote(filters.join(' '))} are not of one stream`);
  }
  return stream;
}

/** Stream names in the order of the schemas. */
// The keys of a const object are exactly its key type.
export const STREAM_NAMES = Object.keys(STREAMS) as StreamName[];
const STREAM_BY_TOKEN: ReadonlyMap<string, StreamName> = new Map(
  STREAM_NAMES.map((name) => [STREAMS[name].slice(0, STREAMS[name].indexOf('.')), name]),
);

const quote = (text: string) => JSON.stringify(text.slice(0, 100));
