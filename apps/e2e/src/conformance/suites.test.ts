import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { answerHistory, seedFleet, startGateway, type TestGateway } from '@proxmox-mcp/mcp-gateway/testing';
import { conformanceFixtures } from './fixtures.ts';
import { runSuite } from './run-suite.ts';
import { startTokenProxy } from './token-proxy.ts';

const TOKEN = 'conformance-token-of-the-gateway';

let gateway: TestGateway;
let proxy: Awaited<ReturnType<typeof startTokenProxy>>;
const extra = conformanceFixtures();
beforeAll(async () => {
  gateway = await startGateway(
    { GATEWAY_TOKEN: TOKEN },
    {
      extra,
      prepare: async (bus) => {
        await seedFleet(bus);
        await answerHistory(bus);
      },
    },
  );
  proxy = await startTokenProxy(gateway.url, TOKEN);
});
afterAll(async () => {
  await proxy?.close();
  await gateway?.close();
});

it('serves the fixtures beside the product’s tools', async () => {
  // A suite takes the error of an unknown tool for the failure it asked for.
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', proxy.url)));
  const names = (await client.listTools()).tools.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['fleet_overview', ...extra.tools.map(({ name }) => name)]));
  await client.close();
});

it('passes every scenario of the released suite', async () => {
  const suite = await runSuite('@modelcontextprotocol/conformance', `${proxy.url}/mcp`, ['--suite', 'all']);
  expect({ ...suite, output: '' }).toMatchObject({
    exitCode: 0,
    failed: [],
    checks: { passed: 44, failed: 0 },
  });
});

it('passes every scenario required by protocol 2025-11-25', async () => {
  const suite = await runSuite('@modelcontextprotocol/conformance-next', `${proxy.url}/mcp`, [
    '--requirements',
    '2025-11-25',
  ]);
  expect(suite).toMatchObject({ exitCode: 0, failed: [] });
  expect(suite.passed.length).toBeGreaterThanOrEqual(33);
});

it('passes every scenario required by protocol 2026-07-28', async () => {
  const suite = await runSuite('@modelcontextprotocol/conformance-next', `${proxy.url}/mcp`, [
    '--requirements',
    '2026-07-28',
  ]);
  expect(suite.exitCode).toBe(0);
  // The extension for tasks and headers made of tool arguments: neither is required, and this version has neither.
  expect(suite.failed.filter((name) => !/^tasks-|^http-custom-header-/.test(name))).toEqual([]);
  expect(suite.passed.length).toBeGreaterThanOrEqual(37);
});
