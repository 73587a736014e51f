import Fastify, { type FastifyInstance } from 'fastify';
import { ToolError } from '../tools/tool-error.ts';
import { statusOf } from '../rest/status.ts';
import { httpError } from './rpc-error.ts';

/** Largest request body. */
const BODY_BYTES = 1 << 20;
/** Above all streams and sessions together that may be open. */
const MAX_CONNECTIONS = 5_000;

/**
 * Makes the HTTP server with what holds for all paths. Open streams do not hold up closing: Fastify waits for them for
 * ever otherwise.
 */
export function createApp(onFault: (where: string, error: unknown) => void): FastifyInstance {
  const app = Fastify({
    bodyLimit: BODY_BYTES,
    forceCloseConnections: true,
    logger: false,
    // A client that sends its headers byte by byte holds a socket.
    requestTimeout: 30_000,
    return503OnClosing: true,
  });
  // Each socket costs memory before anyone has logged in.
  app.server.maxConnections = MAX_CONNECTIONS;
  // Any other type than JSON is answered 415.
  app.removeContentTypeParser(['application/json', 'text/plain']);
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const text = body.toString();
    // A tool without arguments may be called without a body; MCP always has one.
    if (text === '' && request.url.startsWith('/api/')) done(null, {});
    else void parseJson(request, text, done);
  });
  app.setErrorHandler((error, request, reply) => {
    if (error instanceof ToolError) {
      const { code, message, hint } = error.body;
      const fault = { status: statusOf(error.body), code, message, ...(hint === undefined ? {} : { hint }) };
      return httpError(reply, request.url, fault);
    }
    const status = statusCodeOf(error);
    if (status === 413) {
      return httpError(reply, request.url, {
        status,
        code: 'invalid',
        message: 'the body is larger than 1 MiB',
        rpcCode: -32_600,
      });
    }
    if (status === 415) {
      return httpError(reply, request.url, {
        status,
        code: 'invalid',
        message: 'send application/json',
        rpcCode: -32_600,
      });
    }
    if (status >= 400 && status < 500) {
      return httpError(reply, request.url, {
        status,
        code: 'invalid',
        message: 'the body is not JSON',
        rpcCode: -32_700,
      });
    }
    onFault(request.routeOptions.url ?? 'unknown path', error);
    return httpError(reply, request.url, {
      status: 500,
      code: 'upstream_down',
      message: 'the request failed inside the gateway; its log says why',
      rpcCode: -32_603,
    });
  });
  app.setNotFoundHandler((request, reply) =>
    httpError(reply, request.url, {
      status: 404,
      code: 'not_found',
      message: 'nothing here; MCP is at /mcp, REST at /openapi.json',
    }),
  );
  app.get('/healthz', () => ({ status: 'ok' }));
  return app;
}

function statusCodeOf(error: unknown): number {
  const code =
    typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined;
  return typeof code === 'number' ? code : 500;
}
