import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';

/** One request the far end received. */
export interface FarRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What the far end does with a request: answers, says nothing, or cuts the line. */
export type FarAnswer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | 'hang'
  | 'reset';

/** A real HTTP server on a free port that does as it is told. */
export interface FarEnd {
  readonly url: string;
  /** Oldest first. */
  readonly requests: FarRequest[];
  /** What the following requests get; a function sees the request first. */
  answer(next: FarAnswer | ((request: FarRequest) => FarAnswer)): void;
  close(): Promise<void>;
}

/** Starts a far end that accepts everything with 200 and an empty JSON object. */
export async function openFarEnd(): Promise<FarEnd> {
  const requests: FarRequest[] = [];
  let next: (request: FarRequest) => FarAnswer = () => ({ status: 200, body: '{}' });
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const request: FarRequest = {
        method: incoming.method ?? '',
        path: incoming.url ?? '',
        headers: incoming.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      requests.push(request);
      const answer = next(request);
      if (answer === 'reset') incoming.socket.destroy();
      else if (answer !== 'hang') response.writeHead(answer.status, answer.headers).end(answer.body ?? '');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A TCP server's address is never a pipe name.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    answer(value) {
      next = typeof value === 'function' ? value : () => value;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
