import { readFileSync } from 'node:fs';

/** One recorded request with its answer, as bytes of the wire. */
export interface Recording {
  readonly method: string;
  /** With query, as sent. */
  readonly target: string;
  readonly requestBody: string;
  readonly statusLine: string;
  /** The whole answer: status line, headers, body. */
  readonly wire: Buffer;
  /** `data` of the body; `undefined` where there is no JSON. */
  readonly data: unknown;
}

/** Reads `recorded/<name>.txt`: request, response head and body, as taken from a genuine API. */
export function readRecording(name: string): Recording {
  const text = readFileSync(new URL(`./recorded/${name}.txt`, import.meta.url), 'utf8');
  const [, request = '', head = '', body = ''] = text.split(/^===== [^\n]*=====[^\n]*\n/m);
  const [requestHead = '', requestBody = ''] = request.split('\n\n', 2);
  const [method = '', target = ''] = requestHead.split('\n', 1).join('').split(' ');
  const lines = head.trim().split('\n');
  // The file adds one line end to the body; the length that was sent says where the body ends.
  const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
  const bytes = Buffer.from(body, 'utf8').subarray(0, length);
  return {
    method,
    target,
    requestBody: requestBody.trim(),
    statusLine: lines[0] ?? '',
    wire: Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), bytes]),
    data: dataOf(bytes),
  };
}

function dataOf(body: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null && 'data' in value ? value.data : undefined;
  } catch {
    return undefined;
  }
}
