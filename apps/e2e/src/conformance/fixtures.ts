import { randomBytes } from 'node:crypto';
import {
  acceptedContent,
  completable,
  inputRequired,
  ResourceTemplate,
  type McpServer,
} from '@modelcontextprotocol/server';
import type { ExtraFeatures } from '@proxmox-mcp/mcp-gateway/testing';
import * as z from 'zod';
import { askingTools, form } from './asking-tools.ts';
import { embedded, image, PNG, text } from './content.ts';
import { PLAIN_TOOLS } from './plain-tools.ts';

/** The features that the official suites ask for by name, to be served beside the product's own. */
export function conformanceFixtures(): ExtraFeatures {
  const tools = [...PLAIN_TOOLS, ...askingTools(randomBytes(32).toString('hex'))];
  const byName = new Map(tools.map((tool) => [tool.listed.name, tool]));
  return {
    tools: tools.map(({ listed }) => listed),
    call: ({ name, arguments: args = {} }, context) => byName.get(name)?.run(args, context),
    register(server) {
      server.server.registerCapabilities({ logging: {} });
      registerResources(server);
      registerPrompts(server);
    },
  };
}

function registerResources(server: McpServer): void {
  const described = (mimeType: string) => ({ description: 'Fixture', mimeType });
  server.registerResource('static-text', 'test://static-text', described('text/plain'), ({ href }) => ({
    contents: [
      { uri: href, mimeType: 'text/plain', text: 'This is the content of the static text resource.' },
    ],
  }));
  server.registerResource('static-binary', 'test://static-binary', described('image/png'), ({ href }) => ({
    contents: [{ uri: href, mimeType: 'image/png', blob: PNG }],
  }));
  server.registerResource('watched', 'test://watched-resource', described('text/plain'), ({ href }) => ({
    contents: [{ uri: href, mimeType: 'text/plain', text: 'watched' }],
  }));
  server.registerResource(
    'template',
    new ResourceTemplate('test://template/{id}/data', { list: undefined }),
    described('application/json'),
    ({ href }, { id }) => ({
      contents: [
        {
          uri: href,
          mimeType: 'application/json',
          text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${String(id)}` }),
        },
      ],
    }),
  );
}

function registerPrompts(server: McpServer): void {
  const user = <C>(content: C) => ({ role: 'user', content }) as const;
  server.registerPrompt('test_simple_prompt', { description: 'Fixture' }, () => ({
    messages: [user(text('This is a simple prompt for testing.'))],
  }));
  server.registerPrompt(
    'test_prompt_with_arguments',
    {
      description: 'Fixture',
      argsSchema: z.object({
        arg1: completable(z.string(), (value) =>
          ['paris', 'park', 'party'].filter((word) => word.startsWith(value)),
        ),
        arg2: z.string(),
      }),
    },
    ({ arg1, arg2 }) => ({ messages: [user(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`))] }),
  );
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'Fixture', argsSchema: z.object({ resourceUri: z.string() }) },
    ({ resourceUri }) => ({
      messages: [
        user(embedded(resourceUri, 'text/plain', 'Embedded resource content for testing.')),
        user(text('Please process the embedded resource above.')),
      ],
    }),
  );
  server.registerPrompt('test_prompt_with_image', { description: 'Fixture' }, () => ({
    messages: [user(image), user(text('Please analyze the image above.'))],
  }));
  server.registerPrompt(
    'test_input_required_result_prompt',
    { description: 'Fixture' },
    // Without arguments the context is the only parameter.
    ({ mcpReq }) => {
      const answer = acceptedContent(mcpReq.inputResponses, 'user_context');
      if (answer !== undefined) return { messages: [user(text(`Context: ${String(answer['context'])}`))] };
      const question = form('What context should the prompt use?', { context: { type: 'string' } });
      return inputRequired({ inputRequests: { user_context: question } });
    },
  );
}
