import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Answer, RawRequest } from './answer.ts';
import type { ServerCertificate } from './certificate.ts';

/** pveproxy gives up on a connection after this many requests. */
const MAX_REQUESTS_PER_CONNECTION = 100;
const IDLE_CLOSE_MS = 5_000;
/** Bodies are refused above 512 KiB; what comes after that is not even kept. */
const MAX_BODY_BYTES = 512 * 1024;

/** How a server behaves on the wire. */
export interface WireStyle {
  readonly serverHeader: string | undefined;
  /** PVE closes after any status from 400 on; PBS (hyper) keeps the connection. */
  readonly closeOnError: boolean;
}

/** An HTTPS server whose answers are made by `handle`, and which can be cut off and put back on the same port. */
export class LabServer {
  readonly #handle: (request: RawRequest) => Answer | Promise<Answer>;
  readonly #certificate: ServerCertificate;
  readonly #style: WireStyle;
  readonly #host: string;
  #port: number;
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();
  readonly #requests = new WeakMap<Socket, number>();
  readonly #delays = new Set<() => void>();

  constructor(options: {
    handle: (request: RawRequest) => Answer | Promise<Answer>;
    certificate: ServerCertificate;
    style: WireStyle;
    host: string;
    /** 0 lets the system choose; the choice is kept over `cut` and `open`. */
    port: number;
  }) {
    this.#handle = options.handle;
    this.#certificate = options.certificate;
    this.#style = options.style;
    this.#host = options.host;
    this.#port = options.port;
  }

  get port(): number {
    return this.#port;
  }

  /** Listens. Does nothing when it already does. */
  async open(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer(
      {
        cert: this.#certificate.cert,
        key: this.#certificate.key,
        keepAliveTimeout: IDLE_CLOSE_MS,
        maxHeaderSize: 16 * 1024,
      },
      (request, response) => {
        this.#serve(request, response).catch(() => response.destroy());
      },
    );
    this.#server = server;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    // Upgrades are ignored, as pveproxy does for paths that do not end in `websocket`.
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, this.#host, resolve);
    });
    const address = server.address();
    if (address !== null && typeof address === 'object') this.#port = address.port;
  }

  /** Refuses connections and drops those that are open, as a host without power does. */
  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    for (const wake of this.#delays) wake();
    const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    const count = (this.#requests.get(socket) ?? 0) + 1;
    this.#requests.set(socket, count);
    const headers: Record<string, string | undefined> = {};
    for (const [name, value] of Object.entries(request.headers))
      headers[name] = Array.isArray(value) ? value.join(', ') : value;
    const answer = await this.#handle({
      method: request.method ?? 'GET',
      target: request.url ?? '/',
      headers,
      body: await readBody(request),
      remoteAddress: socket.remoteAddress ?? '127.0.0.1',
    });
    if (answer.delayMs !== undefined && answer.delayMs > 0) await this.#wait(answer.delayMs);
    if (response.destroyed) return;
    const closing =
      (this.#style.closeOnError && answer.status >= 400) ||
      count >= MAX_REQUESTS_PER_CONNECTION ||
      /close/i.test(request.headers.connection ?? '');
    send(response, answer, { closing, serverHeader: this.#style.serverHeader });
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#delays.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#delays.add(done);
    });
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    // One byte more than allowed is enough to be refused.
    if (size - chunk.length <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Only what may stand in a status line: the first line, without control or non-Latin-1 characters. */
function phrase(reason: string): string {
  return (reason.split('\n')[0] ?? '').replace(/[^\t\x20-\x7e\x80-\xff]/g, '?').slice(0, 4_000);
}

function send(
  response: ServerResponse,
  answer: Answer,
  how: { closing: boolean; serverHeader: string | undefined },
): void {
  const date = new Date().toUTCString();
  const headers: Record<string, string> = {
    ...(how.serverHeader === undefined
      ? {}
      : { 'Cache-Control': 'max-age=0', Pragma: 'no-cache', Server: how.serverHeader, Expires: date }),
    Connection: how.closing ? 'close' : 'Keep-Alive',
    Date: date,
    ...answer.headers,
  };
  if (answer.body === undefined) {
    // No Content-Length and no chunks: the reason phrase is all there is.
    response.removeHeader('Transfer-Encoding');
    response.writeHead(answer.status, phrase(answer.reason), { ...headers, Connection: 'close' });
    response.end();
    return;
  }
  const body = Buffer.from(answer.body, 'utf8');
  response.writeHead(answer.status, phrase(answer.reason), {
    ...headers,
    'Content-Length': String(body.length),
    ...(answer.contentType === ''
      ? {}
      : { 'Content-Type': answer.contentType ?? 'application/json;charset=UTF-8' }),
  });
  response.end(body);
}
