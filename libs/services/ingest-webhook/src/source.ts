import type { AddressInfo } from 'node:net';
import fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify';
import { WEBHOOK_MAX_BODY_BYTES, type Delivery, type Refused } from './delivery.ts';

/** What is answered to a sender. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface WebhookSourceOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Looks at method, path and headers before the body is read; a refusal ends the request. */
  readonly admit: (head: Omit<Delivery, 'body'>) => Refused | undefined;
  /** Takes a whole request; resolves when what it says is stored. */
  readonly take: (delivery: Delivery, origin: string) => Promise<Answer>;
  /** A request ended without `take`: refused by its head, or too large. */
  readonly onRefused: (refused: Refused, head: Omit<Delivery, 'body'>, origin: string) => Promise<void>;
}

export interface WebhookSource {
  readonly port: number;
  /** Takes no connections and finishes the requests under way. */
  close(): Promise<void>;
}

/** A sender gives up after ten seconds (PROXMOX §C.4); a slow one must not hold a connection for ever. */
const REQUEST_TIMEOUT_MS = 20_000;
const MAX_CONNECTIONS = 256;

/** Opens the HTTP port. */
export async function openWebhookSource(options: WebhookSourceOptions): Promise<WebhookSource> {
  const { host, port, admit, take, onRefused } = options;
  const app = fastify({
    logger: false,
    bodyLimit: WEBHOOK_MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: true },
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  // The body is kept as sent: parsing is ours, and the same for recorded requests.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  app.addHook('onRequest', async (request, reply) => {
    const refused = admit(headOf(request));
    if (refused === undefined) return;
    await onRefused(refused, headOf(request), originOf(request));
    // The rest of the body is not read: the connection is of no more use.
    await send(reply.header('connection', 'close'), answerOf(refused));
  });
  app.all('/hooks/proxmox/*', async (request, reply) => {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    await send(reply, await take({ ...headOf(request), body }, originOf(request)));
  });
  app.setNotFoundHandler(async (request, reply) => {
    // Paths the operator configured are known to `admit` only.
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    await send(reply, await take({ ...headOf(request), body }, originOf(request)));
  });
  app.setErrorHandler(async (err: FastifyError, request, reply) => {
    const status = err.statusCode ?? 500;
    const tooLarge = status === 413;
    const refused: Refused = {
      reject: true,
      reason: tooLarge ? 'too-large' : status < 500 ? 'bad-request' : 'failed',
      detail: tooLarge ? `more than ${WEBHOOK_MAX_BODY_BYTES} bytes` : 'the request could not be read',
      http_status: status,
    };
    if (status < 500) await onRefused(refused, headOf(request), originOf(request));
    await send(reply.header('connection', 'close'), answerOf(refused));
  });
  await app.listen({ host, port });
  return {
    // A server that listens on a port has an address of this kind.
    port: (app.server.address() as AddressInfo).port,
    close: () => app.close(),
  };
}

/** The answer to a delivery that is not taken: says what to change, repeats nothing. */
export function answerOf(refused: Refused): Answer {
  return {
    status: refused.http_status,
    body: { error: refused.reason, message: refused.detail },
    ...(refused.http_status === 405 ? { headers: { allow: 'POST, PUT' } } : {}),
    ...(refused.http_status === 401 ? { headers: { 'www-authenticate': 'Bearer' } } : {}),
  };
}

function headOf(request: FastifyRequest): Omit<Delivery, 'body'> {
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
