import { createToken } from '../auth/tokens.ts';
import { join } from 'node:path';
import { seedFleet } from '../testing/fleet.ts';
import { answerPeople, type Asked } from '../testing/people.ts';
import { post } from '../testing/clients.ts';
import { startGateway, type TestGateway } from '../testing/start-gateway.ts';

const TOKEN = 'test-token-of-the-gateway';

let gateway: TestGateway;
let asked: Asked;
let operator: string;
beforeEach(async () => {
  gateway = await startGateway(
    { GATEWAY_TOKEN: TOKEN },
    {
      prepare: async (bus) => {
        await seedFleet(bus);
        asked = await answerPeople(bus, {
          steps: [
            {
              stage: 'silence',
              outcome: 'suppress',
              reason: 'silenced',
              detail: 'password=hunter22 of alice',
            },
          ],
        });
      },
    },
  );
  const file = join(gateway.dataDir, 'tokens.json');
  operator = (await createToken(file, { name: 'oncall', scopes: ['operate'] })).secret;
});
afterEach(() => gateway.close());

async function send(
  method: 'GET' | 'DELETE',
  path: string,
  token = TOKEN,
  headers: Record<string, string> = {},
) {
  const response = await fetch(new URL(path, gateway.url), {
    method,
    headers: { authorization: `Bearer ${token}`, ...headers },
  });
  return { status: response.status, body: await response.json() };
}

it('adds, lists and ends silences, and says what they hit', async () => {
  const body = {
    match: { node: 'pve1', condition: ['backup.*', 'disk.*'] },
    duration: '2h',
    reason: 'new disks',
  };
  const before = Date.now();
  expect(await post(gateway.url, '/api/v1/silences', { token: operator, body })).toMatchObject({
    status: 201,
    body: {
      silence: { id: 'si-1', by: 'oncall', reason: { untrusted: true, text: 'new disks' } },
      hits: [{ id: 'inc-1', title: 'Backup failed: "…"', severity: 'error' }],
    },
  });
  const [added] = asked.silence;
  expect(added).toMatchObject({ op: 'add', by: 'oncall', match: body.match });
  expect(Date.parse(added?.until ?? '')).toBeGreaterThanOrEqual(before + 7_200_000);
  expect(await send('GET', '/api/v1/silences')).toMatchObject({
    status: 200,
    body: { items: [{ id: 'si-1' }] },
  });
  expect(await send('DELETE', '/api/v1/silences/si-1', operator)).toMatchObject({
    status: 200,
    body: { silence: { id: 'si-1', expiredAt: expect.any(String) } },
  });
  expect(await send('GET', '/api/v1/silences')).toMatchObject({ body: { items: [] } });
  expect(await send('DELETE', '/api/v1/silences/si-9', operator)).toMatchObject({ status: 404 });
});

it('says what a silence would hit without adding it', async () => {
  const body = { match: { minSeverity: 'error' } };
  expect(await post(gateway.url, '/api/v1/silences/preview', { token: TOKEN, body })).toMatchObject({
    status: 200,
    body: { items: [{ id: 'inc-1' }] },
  });
  expect(asked.silence).toMatchObject([{ op: 'preview', match: body.match }]);
});

it.each([
  { match: {}, duration: '2h', reason: 'x' },
  { match: { vm: '105' }, duration: '2h', reason: 'x' },
  { match: { node: 'pve1' }, reason: 'x' },
  { match: { node: 'pve1' }, duration: '2h' },
  { match: { node: 'pve1' }, until: '2001-01-01T00:00:00Z', reason: 'x' },
])('refuses %j: a silence says what, until when and why', async (body) => {
  expect(await post(gateway.url, '/api/v1/silences', { token: operator, body })).toMatchObject({
    status: 400,
    body: { code: 'invalid' },
  });
  expect(asked.silence).toEqual([]);
});

it('lets those of tier read look and not hush', async () => {
  const body = { match: { node: 'pve1' }, duration: '2h', reason: 'x' };
  expect(await post(gateway.url, '/api/v1/silences', { token: TOKEN, body })).toMatchObject({
    status: 403,
    body: { code: 'permission', hint: expect.stringContaining('--scope operate') },
  });
  expect(await send('DELETE', '/api/v1/silences/si-1')).toMatchObject({ status: 403 });
  expect(await send('GET', '/api/v1/silences')).toMatchObject({ status: 200 });
  expect(await send('GET', '/api/v1/maintenance')).toMatchObject({ status: 200, body: { items: [] } });
});

it.each([
  '/api/v1/silences',
  '/api/v1/incidents/inc-1/explain',
  '/api/v1/notifications/preview?incident=inc-1',
])('%s belongs to toolset notify', async (path) => {
  expect(await send('GET', path, TOKEN, { 'x-mcp-toolsets': 'core' })).toMatchObject({
    status: 403,
    body: { code: 'permission', message: expect.stringContaining('notify') },
  });
});

it('explains an incident as of a time, with secrets taken out', async () => {
  const path = '/api/v1/incidents/inc-1/explain?at=2026-11-21T03:00:00Z';
  expect(await send('GET', path)).toMatchObject({
    status: 200,
    body: {
      steps: [
        {
          stage: 'silence',
          outcome: 'suppress',
          detail: { untrusted: true, text: 'password=[redacted] of alice' },
        },
      ],
      deliveries: [{ channel: 'gotify', step: 0 }],
      receipts: [{ status: 'sent' }],
    },
  });
  expect(asked.explain).toEqual([{ incidentId: 'inc-1', at: '2026-11-21T03:00:00.000Z' }]);
  expect(await send('GET', '/api/v1/incidents/nope/explain')).toMatchObject({ status: 404 });
});

it('shows a message as it would be sent', async () => {
  const path = '/api/v1/notifications/preview?incident=inc-1&channel=ntfy&preset=compact&kind=resolved';
  expect(await send('GET', path)).toMatchObject({
    status: 200,
    body: { items: [{ channel: 'ntfy', body: { untrusted: true, text: 'Why: tank\nDone: nothing' } }] },
  });
  expect(asked.preview).toEqual([
    { incidentId: 'inc-1', kind: 'resolved', channel: 'ntfy', preset: 'compact' },
  ]);
  expect(await send('GET', '/api/v1/notifications/preview')).toMatchObject({ status: 400 });
});

it('names the notifier when that does not answer', async () => {
  await using alone = await startGateway({ GATEWAY_TOKEN: TOKEN });
  const response = await fetch(`${alone.url}/api/v1/silences`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  expect(response.status).toBe(502);
  expect(await response.json()).toMatchObject({
    code: 'upstream_down',
    message: expect.stringContaining('notifier'),
  });
});

it('describes to a token what it may do', async () => {
  const described = async (token: string) => {
    const { body } = await send('GET', '/openapi.json', token);
    // The document is ours; rest/tools.test.ts looks at its shape.
    return (body as { paths: Record<string, object> }).paths;
  };
  const mine = await described(TOKEN);
  expect(Object.keys(mine['/api/v1/silences'] ?? {})).toEqual(['get']);
  expect(mine).not.toHaveProperty(['/api/v1/silences/{id}']);
  const theirs = await described(operator);
  expect(Object.keys(theirs['/api/v1/silences'] ?? {})).toEqual(['get', 'post']);
  expect(theirs).toHaveProperty(['/api/v1/silences/{id}', 'delete']);
  expect(theirs).toHaveProperty(['/api/v1/tools/maintenance_set']);
});
