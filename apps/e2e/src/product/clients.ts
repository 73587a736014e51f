import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import type { Product } from './product.ts';

/** An MCP client as the tests use it, whichever SDK is behind it. */
export interface McpClient {
  call(tool: string, args: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** Calls back on every update of the resource. */
  watch(uri: string, onUpdate: () => void): Promise<void>;
  close(): Promise<void>;
}

/** Longer than any events_wait. */
const TIMEOUT_MS = 150_000;

/** `@modelcontextprotocol/client`, protocol 2026-07-28. */
export async function connectModern(product: Product): Promise<McpClient> {
  const client = new Client({ name: 'e2e', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(
    new StreamableHTTPClientTransport(new URL('/mcp', product.gatewayUrl), {
      requestInit: authorized(product),
    }),
  );
  return {
    async call(tool, args) {
      return content(await client.callTool({ name: tool, arguments: args }, { timeout: TIMEOUT_MS }));
    },
    async watch(uri, onUpdate) {
      client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
        if (params.uri === uri) onUpdate();
      });
      await client.listen({ resourceSubscriptions: [uri] });
    },
    close: () => client.close(),
  };
}

/** `@modelcontextprotocol/sdk` 1.x, protocol 2025-11-25. */
export async function connectLegacy(product: Product): Promise<McpClient> {
  const client = new ClientV1({ name: 'e2e-v1', version: '1' });
  const transport = new TransportV1(new URL('/mcp', product.gatewayUrl), {
    requestInit: authorized(product),
  });
  await client.connect(transport);
  return {
    async call(tool, args) {
      return content(
        await client.callTool({ name: tool, arguments: args }, undefined, { timeout: TIMEOUT_MS }),
      );
    },
    async watch(uri, onUpdate) {
      client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
        if (params.uri === uri) onUpdate();
      });
      await client.subscribeResource({ uri });
    },
    close: () => client.close(),
  };
}

function authorized({ token }: Product): RequestInit {
  return { headers: { authorization: `Bearer ${token}` } };
}

function content(result: unknown): Record<string, unknown> {
  const { structuredContent, isError } = result as {
    structuredContent?: Record<string, unknown>;
    isError?: boolean;
  };
  if (isError === true || structuredContent === undefined)
    throw new Error(`tool failed: ${JSON.stringify(result)}`);
  return structuredContent;
}
