import type { FastifyReply } from 'fastify';

/** Answers as JSON-RPC does when the request itself could not be read: MCP clients understand nothing else. */
export function rpcError(reply: FastifyReply, status: number, code: number, message: string): FastifyReply {
  return reply.code(status).send({ jsonrpc: '2.0', error: { code, message }, id: null });
}

/** An error in the shape that the path's clients read: JSON-RPC on /mcp, ours elsewhere. */
export function httpError(
  reply: FastifyReply,
  url: string,
  { status, code, message, hint, rpcCode = -32_000 }: HttpFault,
): FastifyReply {
  if (isMcp(url))
    return rpcError(reply, status, rpcCode, hint === undefined ? message : `${message}: ${hint}`);
  const retryable = status === 429 || status >= 500;
  return reply.code(status).send({ code, message, ...(hint === undefined ? {} : { hint }), retryable });
}

/** What went wrong with a request. */
export interface HttpFault {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly rpcCode?: number;
}

function isMcp(url: string): boolean {
  return url === '/mcp' || url.startsWith('/mcp?') || url.startsWith('/mcp/');
}
