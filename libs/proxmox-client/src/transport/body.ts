import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { TransportFailure } from './failure.ts';

const unzip = promisify(gunzip);

/**
 * Reads a whole body of at most `maxBytes`, packed or not. gzip is never asked for, but the journal of PVE comes in it
 * regardless.
 *
 * @throws {TransportFailure} `too-large`, or `truncated` when the packing ends early.
 */
export async function readBody(
  chunks: AsyncIterable<Uint8Array>,
  encoding: string | string[] | undefined,
  maxBytes: number,
): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    // Leaving the loop destroys the stream and with it the connection: the rest is not read.
    if (size > maxBytes)
      throw new TransportFailure('too-large', `the answer is larger than ${maxBytes} bytes`);
    parts.push(chunk);
  }
  const body = Buffer.concat(parts, size);
  if (encoding !== 'gzip' || size === 0) return body;
  try {
    return await unzip(body, { maxOutputLength: maxBytes });
  } catch (cause) {
    if (isTooLarge(cause)) {
      throw new TransportFailure('too-large', `the answer unpacks to more than ${maxBytes} bytes`, { cause });
    }
    throw new TransportFailure('truncated', 'the packed answer ended early', { cause });
  }
}

function isTooLarge(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
  );
}
