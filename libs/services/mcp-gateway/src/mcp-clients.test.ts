import type { Bus } from '@proxmox-mcp/bus';
import { answerHistory, event, incident, publishEvent, seedFleet } from './testing/fleet.ts';
import { connect, connectV1 } from './testing/clients.ts';
import { startGateway, type TestGateway } from './testing/start-gateway.ts';

const TOKEN = 'test-token-of-the-gateway';
const READ_TOOLS = [
  'fleet_overview',
  'inventory_search',
  'guest_get',
  'node_get',
  'tasks_query',
  'events_query',
  'events_wait',
  'incidents_query',
  'notify_status',
];

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ GATEWAY_TOKEN: TOKEN }, { prepare });
});
afterAll(() => gateway.close());

async function prepare(bus: Bus): Promise<void> {
  await seedFleet(bus);
  await answerHistory(bus);
}

describe.each(['legacy', 'auto'] as const)('the client of today, mode %s', (mode) => {
  it('negotiates its era and lists the tools of tier read in fixed order', async () => {
    const { client } = await connect(gateway.url, TOKEN, mode);
    expect(client.getNegotiatedProtocolVersion()).toBe(mode === 'auto' ? '2026-07-28' : '2025-11-25');
    expect((await client.listTools()).tools.map((tool) => tool.name)).toEqual(READ_TOOLS);
    await client.close();
  });

  it('gets structured content that fits the output schema', async () => {
    const { client } = await connect(gateway.url, TOKEN, mode);
    await client.listTools();
    const result = await client.callTool({ name: 'fleet_overview', arguments: {} });
    expect(result.structuredContent).toMatchObject({
      data: { incidents: { unresolved: 1, by_severity: { error: 1 } } },
      degraded: [{ where: 'lab', reason: 'privilege', detail: 'Sys.Audit on /nodes/pve2' }],
    });
    await client.close();
  });

  it('gets failed calls as tool errors with code and hint', async () => {
    const { client } = await connect(gateway.url, TOKEN, mode);
    await client.listTools();
    const result = await client.callTool({ name: 'guest_get', arguments: { guest: '105' } });
    expect(result).toMatchObject({
      isError: true,
      structuredContent: { code: 'ambiguous', retryable: false, candidates: ['edge/105', 'prod/105'] },
    });
    await client.close();
  });

  it('refuses unknown tools as a protocol error', async () => {
    const { client } = await connect(gateway.url, TOKEN, mode);
    await expect(client.callTool({ name: 'no_such_tool', arguments: {} })).rejects.toMatchObject({
      code: -32_602,
    });
    await client.close();
  });

  it('reads the resources and completes incident ids', async () => {
    const { client } = await connect(gateway.url, TOKEN, mode);
    expect((await client.listResources()).resources.map((resource) => resource.uri)).toEqual([
      'proxmox://fleet',
      'proxmox://events/recent',
      'proxmox://incidents/open',
    ]);
    const { contents } = await client.readResource({ uri: 'proxmox://incidents/inc-1' });
    expect(JSON.parse(String(contents[0] && 'text' in contents[0] ? contents[0].text : ''))).toMatchObject({
      data: {
        id: 'inc-1',
        cause: { untrusted: true, text: 'VM 105: no space left on device on storage tank' },
      },
    });
    await expect(client.readResource({ uri: 'proxmox://incidents/none' })).rejects.toMatchObject({
      code: -32_602,
    });
    const completed = await client.complete({
      ref: { type: 'ref/resource', uri: 'proxmox://incidents/{id}' },
      argument: { name: 'id', value: 'inc' },
    });
    expect(completed.completion.values).toEqual(['inc-1']);
    await client.close();
  });

  it('is woken by events_wait, told of its progress, and can give up', async () => {
    const { client } = await connect(gateway.url, TOKEN, mode);
    const progress = Promise.withResolvers<number>();
    const args = {
      until: { event: { types: [`node.state.${mode === 'auto' ? 'online' : 'offline'}`] } },
      timeout_s: 60,
    };
    const waiting = client.callTool(
      { name: 'events_wait', arguments: args },
      { onprogress: (told) => progress.resolve(told.progress) },
    );
    expect(await progress.promise).toBe(0);
    await publishEvent(gateway.bus, event(`wake-${mode}`, { type: args.until.event.types[0] ?? '' }));
    expect(await waiting).toMatchObject({
      structuredContent: { data: { matched: true, events: [{ id: `wake-${mode}` }] } },
    });
    const gone = new AbortController();
    const underway = Promise.withResolvers<void>();
    const abandoned = client.callTool(
      { name: 'events_wait', arguments: { until: { event: { types: ['never.happens'] } }, timeout_s: 120 } },
      { signal: gone.signal, onprogress: () => underway.resolve() },
    );
    await underway.promise;
    gone.abort();
    await expect(abandoned).rejects.toBeDefined();
    await client.close();
  });

  it('is told of a changed resource it subscribed to, and of no other', async () => {
    const { client } = await connect(gateway.url, TOKEN, mode);
    const updated = Promise.withResolvers<string>();
    client.setNotificationHandler('notifications/resources/updated', ({ params }) =>
      updated.resolve(params.uri),
    );
    const uri = 'proxmox://incidents/open';
    if (mode === 'auto') await client.listen({ resourceSubscriptions: [uri] });
    else await client.subscribeResource({ uri });
    await publishEvent(gateway.bus, event(`other-${mode}`));
    await (
      await gateway.bus.kv('INCIDENTS')
    ).put('inc-2', JSON.stringify(incident('inc-2', { status: 'resolved' })));
    expect(await updated.promise).toBe(uri);
    await client.close();
  });
});

it('serves the client of the 1.x line', async () => {
  const client = await connectV1(gateway.url, TOKEN);
  expect((await client.listTools()).tools.map((tool) => tool.name)).toEqual(READ_TOOLS);
  expect(await client.callTool({ name: 'incidents_query', arguments: {} })).toMatchObject({
    structuredContent: { items: [{ id: 'inc-1', status: 'open', severity: 'error' }] },
  });
  const refused = await client.callTool({
    name: 'incident_update',
    arguments: { id: 'inc-1', op: 'acknowledge' },
  });
  expect(refused).toMatchObject({ isError: true, structuredContent: { code: 'permission' } });
  await client.close();
});
