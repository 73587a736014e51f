import { setTimeout as delay } from 'node:timers/promises';
import { MissingRequiredClientCapabilityError, type ServerContext } from '@modelcontextprotocol/server';
import { audio, embedded, image, text } from './content.ts';
import { fixtureTool, type FixtureTool } from './fixture-tool.ts';

/** Between two notifications, so that they are seen to be streamed. */
const PAUSE_MS = 50;

async function tell(context: ServerContext, words: readonly string[]): Promise<void> {
  for (const [index, line] of words.entries()) {
    if (index > 0) await delay(PAUSE_MS);
    // Deprecated in 2026-07-28 and what this fixture is about.
    await context.mcpReq.log('info', line);
  }
}

async function progress({ mcpReq }: ServerContext): Promise<void> {
  const progressToken = mcpReq._meta?.progressToken;
  for (const done of [0, 50, 100]) {
    if (done > 0) await delay(PAUSE_MS);
    if (progressToken === undefined) continue;
    await mcpReq.notify({
      method: 'notifications/progress',
      params: { progressToken, progress: done, total: 100 },
    });
  }
}

/** Tools that answer without asking anybody. */
export const PLAIN_TOOLS: readonly FixtureTool[] = [
  fixtureTool('test_simple_text', async () => ({
    content: [text('This is a simple text response for testing.')],
  })),
  fixtureTool('test_image_content', async () => ({ content: [image] })),
  fixtureTool('test_audio_content', async () => ({ content: [audio] })),
  fixtureTool('test_embedded_resource', async () => ({
    content: [embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.')],
  })),
  fixtureTool('test_multiple_content_types', async () => ({
    content: [
      text('Multiple content types test:'),
      image,
      embedded('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
    ],
  })),
  fixtureTool('test_tool_with_logging', async (_args, context) => {
    await tell(context, ['Tool execution started', 'Tool processing data', 'Tool execution completed']);
    return { content: [text('done')] };
  }),
  fixtureTool('test_logging_tool', async (_args, context) => {
    await tell(context, ['only for those who asked for a log level']);
    return { content: [text('done')] };
  }),
  fixtureTool('test_tool_with_progress', async (_args, context) => {
    await progress(context);
    return { content: [text('done')] };
  }),
  fixtureTool('test_error_handling', async () => ({
    isError: true,
    content: [text('This tool intentionally returns an error for testing')],
  })),
  fixtureTool('test_missing_capability', async () => {
    throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { sampling: {} } });
  }),
  fixtureTool('test_reconnection', async (_args, { http }) => {
    // The client comes back with the id of the last event and finds the answer.
    http?.closeSSE?.();
    await delay(PAUSE_MS);
    return { content: [text('Reconnection test completed')] };
  }),
  fixtureTool('json_schema_2020_12_tool', async () => ({ content: [text('ok')] }), {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    $defs: {
      address: {
        $anchor: 'address',
        type: 'object',
        properties: { street: { type: 'string' }, city: { type: 'string' } },
      },
    },
    properties: {
      name: { type: 'string' },
      address: { $ref: '#/$defs/address' },
      phone: { type: 'string' },
      email: { type: 'string' },
    },
    allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
    if: { required: ['address'] },
    then: { required: ['name'] },
    else: { properties: { name: { minLength: 1 } } },
    additionalProperties: false,
  }),
];
