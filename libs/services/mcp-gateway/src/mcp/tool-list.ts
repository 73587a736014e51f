import type { Tool as ListedTool } from '@modelcontextprotocol/server';
import * as z from 'zod';
import type { Principal } from '../auth/grants.ts';
import { mayUse } from '../call/call-tool.ts';
import { TOOLS } from '../tools/index.ts';
import type { Tool } from '../tools/tool.ts';

/** A tool as `tools/list` shows it. */
export interface Listing {
  readonly tool: Tool;
  readonly listed: ListedTool;
}

/** JSON Schema of a tool's arguments or answer. Unknown arguments are dropped, so the schema does not forbid them. */
export function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output'): ListedTool['inputSchema'] {
  // Zod writes `type: object` for objects, which is all that tools have.
  return z.toJSONSchema(schema, { io }) as ListedTool['inputSchema'];
}

/** Listings of all tools. Made once per gateway: converting schemas per request costs milliseconds and half a megabyte. */
export function listTools(): readonly Listing[] {
  return TOOLS.map((tool) => ({
    tool,
    listed: {
      name: tool.name,
      title: tool.title,
      description: tool.description,
      inputSchema: jsonSchemaOf(tool.input, 'input'),
      outputSchema: jsonSchemaOf(tool.output, 'output'),
      annotations: { title: tool.title, ...tool.annotations },
    },
  }));
}

/** What this principal sees. */
export function visibleTools(listings: readonly Listing[], principal: Principal): ListedTool[] {
  return listings.filter(({ tool }) => mayUse(tool, principal)).map(({ listed }) => listed);
}
