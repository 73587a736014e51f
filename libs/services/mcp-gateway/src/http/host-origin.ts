import { validateHostHeader, validateOriginHeader } from '@modelcontextprotocol/server';
import type { FastifyInstance } from 'fastify';
import { httpError } from './rpc-error.ts';

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];
const EVERYWHERE = new Set(['0.0.0.0', '::', '[::]']);

/** Names by which the gateway may be called. */
export function allowedNames(bindHost: string, more: readonly string[]): string[] {
  const own = EVERYWHERE.has(bindHost)
    ? []
    : [bindHost.includes(':') && !bindHost.startsWith('[') ? `[${bindHost}]` : bindHost];
  return [...new Set([...LOOPBACK, ...own, ...more].map((name) => name.toLowerCase()))];
}

/**
 * Refuses requests for other names (DNS rebinding) and from pages of other origins. There is no CORS: a browser page of
 * another origin has no business here.
 */
export function checkHostAndOrigin(
  app: FastifyInstance,
  names: string[],
  onRefused: (reason: 'host' | 'origin') => void,
): void {
  const hint = 'add the name to GATEWAY_ALLOWED_HOSTS if it is yours';
  app.addHook('onRequest', async (request, reply) => {
    if (!validateHostHeader(request.headers.host, names).ok) {
      onRefused('host');
      return httpError(reply, request.url, {
        status: 403,
        code: 'permission',
        message: 'this Host is not allowed',
        hint,
      });
    }
    if (!validateOriginHeader(request.headers.origin, names).ok) {
      onRefused('origin');
      return httpError(reply, request.url, {
        status: 403,
        code: 'permission',
        message: 'this Origin is not allowed',
        hint,
      });
    }
  });
}
