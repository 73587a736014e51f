import type { FastifyInstance } from 'fastify';
import { tierAllows } from '../auth/grants.ts';
import { callTool, mayUse, type FaultReporter } from '../call/call-tool.ts';
import { principalOfRequest } from '../http/authentication.ts';
import { httpError } from '../http/rpc-error.ts';
import type { Listing } from '../mcp/tool-list.ts';
import type { ToolContext } from '../tools/tool.ts';
import { openApi } from './openapi.ts';
import { statusOf } from './status.ts';

export interface RestOptions {
  readonly listings: readonly Listing[];
  readonly makeContext: (call: Pick<ToolContext, 'principal' | 'signal' | 'progress'>) => ToolContext;
  readonly onFault: FaultReporter;
  readonly version: string;
}

/** Mounts the same tools for programs that speak no MCP, and their description. */
export function mountTools(
  app: FastifyInstance,
  { listings, makeContext, onFault, version }: RestOptions,
): void {
  app.get('/api/v1/tools', async (request) => {
    const principal = principalOfRequest(request);
    return {
      items: listings
        .filter(({ tool }) => mayUse(tool, principal))
        .map(({ tool, listed }) => ({
          ...listed,
          toolset: tool.toolset,
          tier: tool.tier,
          privileges: tool.privileges,
        })),
    };
  });

  app.post<{ Params: { name: string } }>('/api/v1/tools/:name', async (request, reply) => {
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const context = makeContext({
      principal: principalOfRequest(request),
      signal: gone.signal,
      progress: () => undefined,
    });
    const outcome = await callTool(request.params.name, request.body ?? {}, context, onFault);
    if (outcome === undefined) {
      return httpError(reply, request.url, {
        status: 404,
        code: 'not_found',
        message: 'no tool has this name',
        hint: 'GET /api/v1/tools lists them',
      });
    }
    if (outcome.ok) return outcome.structured;
    return reply.code(statusOf(outcome.structured)).send(outcome.structured);
  });

  app.get('/openapi.json', async (request) => {
    const principal = principalOfRequest(request);
    return openApi(
      listings.filter(({ tool }) => mayUse(tool, principal)),
      { version, mayOperate: tierAllows(principal.tier, 'operate'), toolsets: principal.toolsets },
    );
  });
}
