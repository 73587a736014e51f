import type { CallToolResult, InputRequiredResult, ServerContext, Tool } from '@modelcontextprotocol/server';

/** A tool that the suites call by its fixed name. */
export interface FixtureTool {
  readonly listed: Tool;
  run(
    args: Readonly<Record<string, unknown>>,
    context: ServerContext,
  ): Promise<CallToolResult | InputRequiredResult>;
}

/** Makes one without arguments, unless `inputSchema` says otherwise. */
export function fixtureTool(
  name: string,
  run: FixtureTool['run'],
  inputSchema: Tool['inputSchema'] = { type: 'object', properties: {} },
): FixtureTool {
  return { listed: { name, description: `Fixture ${name}`, inputSchema }, run };
}
