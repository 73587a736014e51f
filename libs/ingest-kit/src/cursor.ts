import { gunzipSync, gzipSync } from 'node:zlib';
import { BusUnavailable, WrongRevision, type KeyValue } from '@proxmox-mcp/bus';

/** A place in the CURSORS key-value that one replica writes at a time. */
export interface Cursor {
  /** What was saved last, by whichever replica; `undefined` when nothing was, or nothing readable. */
  load(): Promise<unknown>;
  /**
   * Saves. `false`: the bus is away, or the value too large; nothing is lost but the place to continue from.
   *
   * @throws {WrongRevision} another replica has taken over.
   */
  save(value: unknown): Promise<boolean>;
}

/** Values of the key-value hold 1 MB. */
const MAX_CHARS = 900_000;
const ZIP_FROM_CHARS = 50_000;
const ZIPPED = 'gzip:';

/** The cursor at a key: words joined by dots, those from outside through `token`. */
export function createCursor(kv: KeyValue, key: string): Cursor {
  let revision = 0;
  return {
    async load() {
      const entry = await kv.get(key);
      revision = entry?.revision ?? 0;
      return entry === undefined ? undefined : decode(entry.value);
    },
    async save(value) {
      const text = encode(value);
      if (text.length > MAX_CHARS) return false;
      try {
        revision = revision === 0 ? await kv.create(key, text) : await kv.update(key, text, revision);
        return true;
      } catch (error) {
        if (error instanceof WrongRevision || !(error instanceof BusUnavailable)) throw error;
        return false;
      }
    },
  };
}
function encode(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length < ZIP_FROM_CHARS ? text : ZIPPED + gzipSync(text, { level: 1 }).toString('base64');
}

function decode(text: string): unknown {
  try {
    const plain = text.startsWith(ZIPPED)
      ? gunzipSync(Buffer.from(text.slice(ZIPPED.length), 'base64')).toString('utf8')
      : text;
    return JSON.parse(plain);
  } catch {
    // A version of ours wrote it that we cannot read: begin anew rather than not at all.
    return undefined;
  }
}
