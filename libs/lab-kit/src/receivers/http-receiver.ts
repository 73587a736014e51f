import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ReceiverOptions } from './receiver.ts';

/** A request, read whole. */
export interface Received {
  readonly method: string;
  /** Decoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names; of repeated headers the first. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly raw: IncomingMessage;
}

/** An answer. A body that is no string is written as JSON. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Answers a request; `undefined` when it writes the response itself. */
export type Route = (request: Received, response: ServerResponse) => Reply | undefined;

/** A listening server. */
export interface HttpReceiver {
  readonly url: string;
  readonly server: Server;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 4_194_304;

/** Starts a server that reads each request whole (up to 4 MiB, then 413) and hands it to the route. */
export async function listen(route: Route, options: ReceiverOptions): Promise<HttpReceiver> {
  const onRequest = (incoming: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    let size = 0;
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) chunks.push(chunk);
    });
    incoming.on('error', () => incoming.destroy());
    incoming.on('end', () => {
      const reply = size > MAX_BODY_BYTES ? { status: 413 } : safely(route, read(incoming, chunks), response);
      if (reply !== undefined) write(response, reply);
    });
  };
  const { certificate } = options;
  const server =
    certificate === undefined
      ? createServer(onRequest)
      : createTlsServer({ cert: certificate.cert, key: certificate.key }, onRequest);
  const host = options.host ?? '127.0.0.1';
  server.listen(options.port ?? 0, host);
  await once(server, 'listening');
  // A TCP server's address is never a pipe name.
  const { port } = server.address() as AddressInfo;
  let closed: Promise<unknown> | undefined;
  return {
    url: `${certificate === undefined ? 'http' : 'https'}://${host}:${port}`,
    server,
    async close() {
      if (closed === undefined) {
        closed = once(server, 'close');
        server.close();
        server.closeAllConnections();
      }
      await closed;
    },
  };
}

function read(incoming: IncomingMessage, chunks: readonly Buffer[]): Received {
  const url = new URL(incoming.url ?? '/', 'http://receiver');
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined) headers[name] = first;
  }
  return {
    method: incoming.method ?? 'GET',
    path: decode(url.pathname),
    query: url.searchParams,
    headers,
    body: Buffer.concat(chunks),
    raw: incoming,
  };
}

function safely(route: Route, request: Received, response: ServerResponse): Reply | undefined {
  try {
    return route(request, response);
  } catch (error) {
    return { status: 500, body: error instanceof Error ? error.message : 'unknown' };
  }
}

function write(response: ServerResponse, { status, headers = {}, body }: Reply): void {
  if (body === undefined) response.writeHead(status, headers).end();
  else if (typeof body === 'string') response.writeHead(status, headers).end(body);
  else
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** The media type of a request, lower case, without parameters; empty when it says none. */
export function mediaType(request: Received): string {
  return (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Parsed JSON, or `undefined` when it is none. */
export function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Whether a value is a JSON object, not `null` and not a list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
