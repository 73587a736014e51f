import type { AddressInfo, Socket } from 'node:net';
import fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Answer } from './answer.ts';
import {
  refuse,
  WEBHOOK_MAX_BODY_BYTES,
  type Delivery,
  type DeliveryHead,
  type Refused,
} from './delivery.ts';

/** What the server puts up with; waits in milliseconds. Tests make them small. */
export interface SourceLimits {
  /** Until the headers are there. */
  readonly headersMs: number;
  /** Until the whole request is there. A sender of Proxmox gives up after ten seconds itself (PROXMOX §C.4). */
  readonly requestMs: number;
  /** How often slow ones are looked for. */
  readonly checkMs: number;
  /** Connections at a time. */
  readonly connections: number;
  /** Of one address, which must leave room for the others; a proxy in front has this many too. */
  readonly connectionsPerAddress: number;
}

export interface WebhookSourceOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Looks at method, path and headers before the body is read; an answer ends the request. */
  readonly admit: (head: DeliveryHead, origin: string) => Promise<Answer | undefined>;
  /** Takes a whole request; resolves when what it says is stored. */
  readonly take: (delivery: Delivery, origin: string) => Promise<Answer>;
  /** The body is too large, or cannot be read to its end. */
  readonly onBroken: (refused: Refused, head: DeliveryHead, origin: string) => Promise<Answer>;
  /** A connection was ended before there was a request on it: `timeout`, `malformed`, `headers-too-large`, `connections`. */
  readonly onCut: (reason: string) => void;
  readonly limits?: SourceLimits;
}

export interface WebhookSource {
  readonly port: number;
  /** Takes no connections and finishes the requests under way. */
  close(): Promise<void>;
}

const LIMITS: SourceLimits = {
  headersMs: 10_000,
  requestMs: 20_000,
  checkMs: 5_000,
  connections: 1_024,
  connectionsPerAddress: 512,
};

/** Opens the HTTP port. */
export async function openWebhookSource(options: WebhookSourceOptions): Promise<WebhookSource> {
  const { host, port, admit, take, onBroken, onCut, limits = LIMITS } = options;
  const app = fastify({
    logger: false,
    bodyLimit: WEBHOOK_MAX_BODY_BYTES,
    requestTimeout: limits.requestMs,
    http: { headersTimeout: limits.headersMs, connectionsCheckingInterval: limits.checkMs },
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    clientErrorHandler(err, socket) {
      onCut(cutReason(err.code));
      const status = err.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request';
      if (socket.writable)
        socket.write(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      socket.destroy();
    },
  });
  app.server.maxConnections = limits.connections;
  limitPerAddress(app.server, limits.connectionsPerAddress, onCut);
  // The body is kept as sent: parsing is ours, and the same for recorded requests.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  app.addHook('onRequest', async (request, reply) => {
    const answer = await admit(headOf(request), originOf(request));
    // The rest of the body is not read: the connection is of no more use.
    if (answer !== undefined) await send(reply.header('connection', 'close'), answer);
  });
  // Every path is known to `admit` only, those of the operator's inventory included: there are no routes here.
  app.setNotFoundHandler(async (request, reply) => {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    await send(reply, await take({ ...headOf(request), body }, originOf(request)));
  });
  app.setErrorHandler(async (err: FastifyError, request, reply) => {
    const refused = brokenBy(err.statusCode ?? 500);
    const answer = await onBroken(refused, headOf(request), originOf(request));
    await send(reply.header('connection', 'close'), answer);
  });
  await app.listen({ host, port });
  return {
    // A server that listens on a port has an address of this kind.
    port: (app.server.address() as AddressInfo).port,
    close: () => app.close(),
  };
}

function limitPerAddress(
  server: { on(event: 'connection', listener: (socket: Socket) => void): unknown },
  most: number,
  onCut: (reason: string) => void,
): void {
  const open = new Map<string, number>();
  server.on('connection', (socket) => {
    const address = socket.remoteAddress ?? '';
    const count = (open.get(address) ?? 0) + 1;
    open.set(address, count);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
    if (count <= most) return;
    onCut('connections');
    socket.destroy();
  });
}

function cutReason(code: string | undefined): string {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'timeout';
  return code === 'HPE_HEADER_OVERFLOW' ? 'headers-too-large' : 'malformed';
}

function brokenBy(status: number): Refused {
  if (status === 413) return refuse('too-large', `more than ${WEBHOOK_MAX_BODY_BYTES} bytes`, 413);
  if (status < 500) return refuse('bad-request', 'the request could not be read', status);
  return refuse('failed', 'the request could not be handled', status);
}

function headOf(request: FastifyRequest): DeliveryHead {
  return { method: request.method, url: request.url, headers: request.headers };
}

function originOf(request: FastifyRequest): string {
  // Without the query: a sender may have put its token there.
  return `${request.ip} ${request.method} ${(request.url.split('?', 1)[0] ?? '').slice(0, 200)}`;
}

async function send(reply: FastifyReply, answer: Answer): Promise<void> {
  await reply
    .code(answer.status)
    .headers(answer.headers ?? {})
    .type('application/json')
    .send(JSON.stringify(answer.body));
}
