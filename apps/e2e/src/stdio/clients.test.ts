import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import {
  answerHistory,
  event,
  publishEvent,
  seedFleet,
  startGateway,
  type TestGateway,
} from '@proxmox-mcp/mcp-gateway/testing';
import { ROOT } from '../product/one-process.ts';

const TOKEN = 'test-token-of-the-gateway';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway(
    { GATEWAY_TOKEN: TOKEN },
    {
      prepare: async (bus) => {
        await seedFleet(bus);
        await answerHistory(bus);
      },
    },
  );
});
afterAll(() => gateway.close());

/** How a desktop program starts us. */
const command = () => ({
  command: process.execPath,
  args: [join(ROOT, 'apps/cli/src/main.ts'), 'stdio', '--url', gateway.url],
  env: { PATH: process.env['PATH'] ?? '', GATEWAY_TOKEN: TOKEN },
});

const WAIT = { name: 'events_wait', arguments: { until: { event: { types: ['guest.*'] } }, timeout_s: 20 } };

describe.each(['legacy', 'auto'] as const)('the client of today, version negotiation %s', (mode) => {
  it('lists, calls, reads and waits through `pmx stdio`', async () => {
    const client = new Client({ name: 'desktop', version: '1' }, { versionNegotiation: { mode } });
    await client.connect(new StdioClientTransport(command()));
    try {
      expect(client.getNegotiatedProtocolVersion()).toBe(mode === 'auto' ? '2026-07-28' : '2025-11-25');
      expect(gateway.details()).toMatchObject({ sessions: mode === 'auto' ? 0 : 1 });
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name)).toContain('fleet_overview');
      const answer = await client.callTool({ name: 'guest_get', arguments: { guest: 'prod/105' } });
      expect(answer.structuredContent).toMatchObject({ data: { id: 'prod/105' } });
      await expect(client.readResource({ uri: 'proxmox://nothing' })).rejects.toMatchObject({
        code: -32_602,
      });
      await expect(client.callTool({ name: 'no_such_tool' })).rejects.toMatchObject({ code: -32_602 });

      const waiting = client.callTool(WAIT);
      let isOver = false;
      void waiting.finally(() => (isOver = true));
      // The wait begins some time after it was sent; events come until it sees one.
      for (let i = 0; !isOver && i < 1_000; i++) {
        await publishEvent(gateway.bus, event(`${mode}-${i}`));
        await client.callTool({ name: 'fleet_overview', arguments: {} });
      }
      expect((await waiting).structuredContent).toMatchObject({ data: { matched: true } });
    } finally {
      await client.close();
    }
  });
});

it('the client most programs still have works through `pmx stdio`', async () => {
  const client = new ClientV1({ name: 'desktop-v1', version: '1' });
  await client.connect(new StdioV1(command()));
  try {
    const { resources } = await client.listResources();
    expect(resources.map(({ uri }) => uri)).toContain('proxmox://fleet');
    const answer = await client.callTool({ name: 'guest_get', arguments: { guest: 'prod/106' } });
    expect(answer.structuredContent).toMatchObject({ data: { id: 'prod/106', status: 'stopped' } });
  } finally {
    await client.close();
  }
});

it('a wrong token is told in words, without the token', async () => {
  const { env, ...rest } = command();
  const client = new Client({ name: 'desktop', version: '1' });
  const transport = new StdioClientTransport({
    ...rest,
    env: { ...env, GATEWAY_TOKEN: 'wrong' },
    stderr: 'pipe',
  });
  await expect(client.connect(transport)).rejects.toThrow('the bearer token is not known');
  await client.close();
});
