import type { Toolset } from '../auth/grants.ts';
import type { Listing } from '../mcp/tool-list.ts';
import { notificationPaths } from './openapi-notifications.ts';

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
export function openApi(
  listings: readonly Listing[],
  {
    version,
    mayOperate,
    toolsets,
  }: {
    readonly version: string;
    readonly mayOperate: boolean;
    readonly toolsets: ReadonlySet<Toolset>;
  },
): Record<string, unknown> {
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
    paths: {
      ...Object.fromEntries(tools),
      '/api/v1/events/stream': eventStream(failure),
      ...historyPaths(failure),
      ...(toolsets.has('notify') ? notificationPaths(failure, mayOperate) : {}),
      ...(mayOperate ? { '/api/v1/replay': replayPath(failure) } : {}),
    },
  };
}

const query = (name: string, description: string) => ({
  name,
  in: 'query',
  description,
  schema: { type: 'string' },
});

const PAGE = [
  query('since', 'ISO 8601 or ago: 90m, 24h, 7d'),
  query('until', 'The same'),
  query('limit', 'Rows at most, 1 to 500; 50 when omitted'),
  query('cursor', 'nextCursor of the answer before'),
];

function historyPaths(failure: unknown) {
  const get = (operationId: string, summary: string, parameters: readonly object[]) => ({
    get: {
      operationId,
      summary,
      parameters,
      responses: {
        200: { description: 'Answer', content: { 'application/json': { schema: { type: 'object' } } } },
        default: failure,
      },
    },
  });
  const id = { name: 'id', in: 'path', required: true, schema: { type: 'string' } };
  const channel = query('channel', 'Only of this channel');
  return {
    '/api/v1/events/{id}/raw': get(
      'events_raw',
      'The input an event was read from, by the id of either. What a stranger sent, with secrets taken out',
      [{ ...id, description: 'Id of an event or of an input' }],
    ),
    '/api/v1/raw': get('raw_list', 'Inputs with the events they became, oldest first', [...PAGE, channel]),
    '/api/v1/dead-letters': get('dead_letters', 'What could not be understood or handled', [
      ...PAGE,
      query('service', 'Service that gave up'),
      query('reason', 'Reason word'),
      query('order', 'newest (default) or oldest first'),
    ]),
    '/api/v1/facts': get('facts_list', 'Facts by start, newest first', [
      ...PAGE,
      query('id', 'Only this one'),
    ]),
    '/api/v1/inventory': get(
      'inventory',
      'Clusters, nodes and storages as the API told and the operator wrote',
      [],
    ),
    '/api/v1/maintenance': get('maintenance_list', 'Maintenance windows that are open or planned; those that ended within the last days', []),
  };
}

function replayPath(failure: unknown) {
  const item = {
    type: 'object',
    required: ['events'],
    properties: { raw: { type: 'object' }, events: { type: 'array', items: { type: 'object' } } },
  };
  const schema = {
    type: 'object',
    required: ['items'],
    properties: { items: { type: 'array', items: item } },
  };
  return {
    post: {
      operationId: 'replay',
      summary: 'Takes events that inputs of the past give today into the history',
      'x-tier': 'operate',
      requestBody: { content: { 'application/json': { schema } } },
      responses: {
        200: {
          description: 'How many were new',
          content: { 'application/json': { schema: { type: 'object' } } },
        },
        default: failure,
      },
    },
  };
}

function eventStream(failure: unknown) {
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
