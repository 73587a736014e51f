import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Authenticator } from '../auth/authenticator.ts';
import { narrowByHeaders, type Principal } from '../auth/grants.ts';
import { httpError } from './rpc-error.ts';
import { TokenBuckets } from './token-buckets.ts';

const KEY = 'principal';
/** Wrong tokens one address may try: ten at once, then one every six seconds. */
const FAILURES = { perSecond: 1 / 6, burst: 10, maxKeys: 10_000 };

export interface AuthenticationOptions {
  readonly authenticator: Authenticator;
  /** Requests per second and principal; 0: no limit. */
  readonly rateLimit: number;
  readonly now: () => number;
  readonly onRefused: (reason: 'no-token' | 'bad-token' | 'rate') => void;
}

/** Lets only requests with a known bearer token through, and not too many of them. @param isOpen the paths that need none. */
export function requireToken(
  app: FastifyInstance,
  isOpen: (path: string) => boolean,
  options: AuthenticationOptions,
): void {
  const { authenticator, rateLimit, now, onRefused } = options;
  const failures = new TokenBuckets(FAILURES, now);
  const requests = new TokenBuckets({ perSecond: rateLimit, burst: rateLimit * 5, maxKeys: 10_000 }, now);
  app.decorateRequest(KEY, undefined);
  app.addHook('onRequest', async (request, reply) => {
    if (isOpen(request.url.split('?', 1)[0] ?? '')) return;
    const secret = /^Bearer ([\x21-\x7e]{1,500})$/i.exec(request.headers.authorization ?? '')?.[1];
    const principal = secret === undefined ? undefined : await authenticator.authenticate(secret);
    // Behind a proxy all clients share one address: one that errs must not lock out those whose token nobody can guess.
    const isLocked = principal === undefined || authenticator.isGuessable(principal.id);
    if (isLocked && !failures.has(request.ip)) {
      onRefused('rate');
      return httpError(reply.header('retry-after', '60'), request.url, {
        status: 429,
        code: 'busy',
        message: 'too many wrong tokens from this address',
      });
    }
    if (principal === undefined) {
      if (secret !== undefined) failures.take(request.ip);
      onRefused(secret === undefined ? 'no-token' : 'bad-token');
      const challenge = secret === undefined ? 'Bearer' : 'Bearer error="invalid_token"';
      return httpError(reply.header('www-authenticate', challenge), request.url, {
        status: 401,
        code: 'permission',
        message: secret === undefined ? 'a bearer token is required' : 'the bearer token is not known',
        hint: 'make one with "proxmox-mcp token create", or set GATEWAY_TOKEN',
      });
    }
    if (rateLimit > 0 && !requests.take(principal.id)) {
      onRefused('rate');
      return httpError(reply.header('retry-after', '1'), request.url, {
        status: 429,
        code: 'busy',
        message: 'too many requests with this token',
        hint: 'GATEWAY_RATE_LIMIT sets how many per second are allowed',
      });
    }
    request.setDecorator(KEY, narrowByHeaders(principal, request.headers));
  });
}

/** Who made the request; only behind `requireToken`. */
export function principalOfRequest(request: FastifyRequest): Principal {
  return request.getDecorator<Principal>(KEY);
}
