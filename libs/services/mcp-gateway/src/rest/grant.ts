import type { FastifyRequest } from 'fastify';
import type * as z from 'zod';
import { tierAllows, type Principal, type Tier, type Toolset } from '../auth/grants.ts';
import { principalOfRequest } from '../http/authentication.ts';
import { ToolError } from '../tools/tool-error.ts';

/** Who asks, if the path is for them. @throws {ToolError} `permission`: the toolset is off, or the tier too low. */
export function granted(request: FastifyRequest, toolset: Toolset, tier: Tier): Principal {
  const principal = principalOfRequest(request);
  if (!principal.toolsets.has(toolset)) {
    throw new ToolError('permission', `this belongs to toolset ${toolset}, which is off`, {
      hint: 'add it to GATEWAY_TOOLSETS, or to X-MCP-Toolsets if the client sends it',
    });
  }
  if (!tierAllows(principal.tier, tier)) {
    throw new ToolError('permission', `this needs tier ${tier}; this token has ${principal.tier}`, {
      hint: `create one with "proxmox-mcp token create --name NAME --scope ${tier}"; GATEWAY_TIER, where set, must allow it`,
    });
  }
  return principal;
}

/** Reads a query or a body. @throws {ToolError} `invalid`, with the first fault. */
export function readInput<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') ?? '';
  throw new ToolError(
    'invalid',
    `${where === '' ? 'request' : where}: ${issue?.message ?? 'not understood'}`,
  );
}
