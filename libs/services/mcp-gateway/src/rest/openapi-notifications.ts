const MATCH = {
  type: 'object',
  description:
    'All keys must fit: cluster, node, guest, storage, tag, pool, product, condition (a name with *, or a list), minSeverity, maxSeverity',
} as const;

const text = { type: 'string' } as const;
const ahead = { type: 'string', description: 'ISO 8601, or from now: 2h' } as const;

const parameter = (
  place: 'path' | 'query',
  name: string,
  description: string,
  required = place === 'path',
) => ({
  name,
  in: place,
  description,
  ...(required ? { required } : {}),
  schema: text,
});

/** Paths about who is told. @param mayOperate writes are described to those who may make them. */
export function notificationPaths(failure: unknown, mayOperate: boolean): Record<string, object> {
  const operation = (
    operationId: string,
    summary: string,
    {
      parameters = [],
      body,
      tier = 'read',
    }: { parameters?: readonly object[]; body?: object; tier?: string } = {},
  ) => ({
    operationId,
    summary,
    tags: ['notify'],
    'x-tier': tier,
    parameters,
    ...(body === undefined ? {} : { requestBody: { content: { 'application/json': { schema: body } } } }),
    responses: {
      200: { description: 'Answer', content: { 'application/json': { schema: { type: 'object' } } } },
      default: failure,
    },
  });
  const add = operation('silence_add', 'Nobody is told of what matches while it lasts; until or duration', {
    tier: 'operate',
    body: {
      type: 'object',
      required: ['match', 'reason'],
      properties: { match: MATCH, reason: text, from: ahead, until: ahead, duration: text },
    },
  });
  const expire = operation('silence_expire', 'Ends a silence', {
    tier: 'operate',
    parameters: [parameter('path', 'id', 'Id of the silence')],
  });
  return {
    '/api/v1/silences': {
      get: operation('silences_list', 'Silences in force or to come'),
      ...(mayOperate ? { post: add } : {}),
    },
    '/api/v1/silences/preview': {
      post: operation('silence_preview', 'Open incidents that a match would hit; changes nothing', {
        body: { type: 'object', required: ['match'], properties: { match: MATCH } },
      }),
    },
    ...(mayOperate ? { '/api/v1/silences/{id}': { delete: expire } } : {}),
    '/api/v1/incidents/{id}/explain': {
      get: operation(
        'incident_explain',
        'Stages of its message with reasons, who would be told when, who was',
        {
          parameters: [
            parameter('path', 'id', 'Id of the incident'),
            parameter('query', 'at', 'As if it were this time: ISO 8601, or from now: 2h'),
          ],
        },
      ),
    },
    '/api/v1/notifications/preview': {
      get: operation('notification_preview', 'The message about an incident as it would be sent', {
        parameters: [
          parameter('query', 'incident', 'Id of the incident', true),
          parameter('query', 'channel', 'One channel; those that are on when omitted'),
          parameter('query', 'preset', 'compact, full or custom'),
          parameter('query', 'kind', 'opened (default) or resolved'),
        ],
      }),
    },
  };
}
