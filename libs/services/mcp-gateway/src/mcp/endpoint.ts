import { toNodeHandler } from '@modelcontextprotocol/node';
import { classifyInboundRequest, createMcpHandler, isInitializeRequest } from '@modelcontextprotocol/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { principalOfRequest } from '../http/authentication.ts';
import { rpcError } from '../http/rpc-error.ts';
import { checkBounds } from './bounds.ts';
import { ListenStreams } from './listen-streams.ts';
import { authInfoOf, createServer, principalOf, type ServerParts } from './server-factory.ts';
import { Sessions } from './sessions.ts';

const IDLE_MS = 30 * 60_000;
const MAX_LISTEN_STREAMS = 1_024;

export interface McpEndpointOptions {
  readonly parts: ServerParts;
  readonly now: () => number;
  readonly maxSessionsPerPrincipal: number;
  readonly maxSessions: number;
  readonly onError: (error: Error) => void;
}

/** The one endpoint for both eras: `/mcp`. */
export interface McpEndpoint {
  readonly sessions: Sessions;
  /** Ends what belongs to principals that are no more, and sessions that nobody used for long. */
  sweep(isCurrent: (principalId: string) => Promise<boolean>): Promise<void>;
  /** Tells subscribers of both eras. */
  resourceUpdated(uri: string): void;
  /** Ends every session, stream and request under way. */
  close(): Promise<void>;
}

/**
 * Mounts `/mcp`. A request that carries the 2026 envelope is served on its own; anything else belongs to a session of the
 * 2025 era, bound to the principal that opened it.
 */
export function mountMcp(app: FastifyInstance, options: McpEndpointOptions): McpEndpoint {
  const { parts, now, onError } = options;
  const sessions = new Sessions({
    createServer: (principal, subscriptions) => createServer(parts, principal, subscriptions),
    now,
    idleMs: IDLE_MS,
    maxPerPrincipal: options.maxSessionsPerPrincipal,
    maxTotal: options.maxSessions,
  });
  const modern = createMcpHandler(({ authInfo }) => createServer(parts, principalOf(authInfo)), {
    legacy: 'reject',
    maxSubscriptions: MAX_LISTEN_STREAMS,
    onerror: onError,
  });
  const streams = new ListenStreams({ perPrincipal: 100, total: MAX_LISTEN_STREAMS });
  const modernHandler = toNodeHandler(modern, { onerror: onError });

  app.route({
    method: ['GET', 'POST', 'DELETE'],
    url: '/mcp',
    handler: async (request, reply) => {
      const principal = principalOfRequest(request);
      const auth = authInfoOf(principal);
      const fault = checkBounds(request.body);
      if (fault !== undefined) return rpcError(reply, 400, -32_600, fault);
      if (isModern(request)) {
        if (methodOf(request.body) === 'subscriptions/listen' && !streams.open(principal.id, reply.raw)) {
          return rpcError(
            reply.header('retry-after', '30'),
            429,
            -32_000,
            'too many subscriptions: end some first',
          );
        }
        reply.hijack();
        // A request that was received always has a method; Node's type serves for responses too.
        const raw = Object.assign(request.raw, { auth }) as Parameters<typeof modernHandler>[0];
        await modernHandler(raw, reply.raw, request.body);
        return reply;
      }
      return serveSession(request, reply);
    },
  });

  async function serveSession(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const principal = principalOfRequest(request);
    const id = header(request, 'mcp-session-id');
    const isInitialize = request.method === 'POST' && isInitializeRequest(request.body);
    if (id === undefined && !isInitialize) {
      return rpcError(reply, 400, -32_000, 'Mcp-Session-Id header is required: initialize first');
    }
    const session = id === undefined ? await sessions.open(principal) : sessions.find(id, principal);
    if (session === undefined && id !== undefined) return rpcError(reply, 404, -32_001, 'Session not found');
    if (session === undefined) {
      return rpcError(reply.header('retry-after', '30'), 429, -32_000, 'too many sessions: close some first');
    }
    session.open++;
    session.seenAt = now();
    reply.raw.once('close', () => {
      session.open--;
      session.seenAt = now();
    });
    reply.hijack();
    const raw = Object.assign(request.raw, { auth: authInfoOf(principal) });
    await session.transport.handleRequest(raw, reply.raw, request.body);
    return reply;
  }

  return {
    sessions,
    async sweep(isCurrent) {
      await streams.sweep(isCurrent);
      await sessions.sweep(isCurrent);
    },
    resourceUpdated(uri) {
      modern.notify.resourceUpdated(uri);
      sessions.resourceUpdated(uri);
    },
    async close() {
      await Promise.all([modern.close(), sessions.closeAll()]);
    },
  };
}

function methodOf(body: unknown): unknown {
  return typeof body === 'object' && body !== null && 'method' in body ? body.method : undefined;
}

function isModern(request: FastifyRequest): boolean {
  const protocolVersionHeader = header(request, 'mcp-protocol-version');
  const mcpMethodHeader = header(request, 'mcp-method');
  const { kind } = classifyInboundRequest({
    httpMethod: request.method,
    ...(protocolVersionHeader === undefined ? {} : { protocolVersionHeader }),
    ...(mcpMethodHeader === undefined ? {} : { mcpMethodHeader }),
    body: request.body,
  });
  return kind !== 'legacy';
}

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
