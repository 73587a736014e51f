import type { Listing } from '../mcp/tool-list.ts';

const ERROR = {
  type: 'object',
  properties: {
    code: { type: 'string' },
    message: { type: 'string' },
    hint: { type: 'string' },
    retryable: { type: 'boolean' },
  },
  required: ['code', 'message', 'retryable'],
} as const;

/** OpenAPI 3.1 description of the REST side, made from the same registry as the MCP tools. */
export function openApi(listings: readonly Listing[], version: string): Record<string, unknown> {
  const failure = {
    description: 'Failure',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
  };
  const tools = listings.map(({ tool, listed }) => [
    `/api/v1/tools/${tool.name}`,
    {
      post: {
        operationId: tool.name,
        summary: tool.title,
        description: tool.description,
        tags: [tool.toolset],
        'x-tier': tool.tier,
        'x-privileges': tool.privileges,
        requestBody: { content: { 'application/json': { schema: withoutDialect(listed.inputSchema) } } },
        responses: {
          200: {
            description: 'Answer',
            content: {
              'application/json': { schema: withoutDialect(listed.outputSchema ?? { type: 'object' }) },
            },
          },
          default: failure,
        },
      },
    },
  ]);
  return {
    openapi: '3.1.0',
    info: { title: 'Proxmox MCP gateway', version },
    components: {
      schemas: { Error: ERROR },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    },
    security: [{ bearer: [] }],
    paths: { ...Object.fromEntries(tools), '/api/v1/events/stream': eventStream(failure) },
  };
}

function eventStream(failure: unknown) {
  const query = (name: string, description: string) => ({
    name,
    in: 'query',
    description,
    schema: { type: 'string' },
  });
  return {
    get: {
      operationId: 'events_stream',
      summary: 'Live events as server-sent events; each id is a cursor',
      parameters: [
        query('cursor', 'Everything after it; now when omitted. Last-Event-ID wins over it'),
        query('types', 'Types by comma, * for any: backup.*,*.failed'),
        query('severity', 'This or worse'),
        query('source', 'Channels by comma'),
        query('cluster', 'Cluster, standalone node or PBS'),
        query('node', 'Node name'),
        query('guest', '"105", name or "cluster/105"'),
        query('storage', 'Storage or datastore'),
      ],
      responses: { 200: { description: 'Events', content: { 'text/event-stream': {} } }, default: failure },
    },
  };
}

/** OpenAPI 3.1 names the dialect once for the document. */
function withoutDialect(schema: object): object {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== '$schema'));
}
