import { once } from 'node:events';
import { request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { BusUnavailable, type Bus } from '@proxmox-mcp/bus';
import { beforePublishing, openTestBus, type TestBus } from '@proxmox-mcp/bus/testing';
import { countMetrics, testContext } from '@proxmox-mcp/ingest-kit/testing';
import { loadTestInventory } from '@proxmox-mcp/proxmox-events/testing';
import { InventorySource, filters, stateKeys, type DeadLetter, type Event } from '@proxmox-mcp/schemas';
import type { Service } from '@proxmox-mcp/service-kit';
import { WebhookConfig } from './config.ts';
import { ingestWebhook } from './ingest-webhook.ts';

const inventory = loadTestInventory(fileURLToPath(new URL('../testcases', import.meta.url)));
const TOKEN = 'a-token-of-the-operator';
const BODY = JSON.stringify({
  v: 1,
  title: "Sync remote 'offsite' datastore 'dr-store' failed ",
  message:
    'Job ID: s-1\nDatastore: cold\nRemote: offsite\nRemote Store: dr-store\n\nSynchronization failed: no.\n',
  severity: 'error',
  timestamp: 1_773_466_315,
  fields: { datastore: 'cold', hostname: 'vault1', 'job-id': 's-1', type: 'sync' },
});

let t: TestBus;
let service: Service | undefined;
let counts: ReadonlyMap<string, number>;

beforeEach(async () => {
  t = await openTestBus();
});
afterEach(async () => {
  await service?.stop();
  service = undefined;
  await t.close();
});

async function start(
  bus: Bus = t.bus,
  configured = inventory,
  settings: Record<string, string> = {},
): Promise<string> {
  const counted = countMetrics();
  counts = counted.counts;
  const config = WebhookConfig.parse({ WEBHOOK_IN_TOKEN: TOKEN, WEBHOOK_PORT: '0', ...settings });
  service = ingestWebhook.create(
    testContext(config, bus, { inventory: configured, metrics: counted.metrics }),
  );
  await service.start(new AbortController().signal);
  return `http://127.0.0.1:${String(service.details?.()['port'])}`;
}

async function post(
  url: string,
  init: RequestInit = {},
): Promise<{ status: number; body: Record<string, unknown>; headers: Headers }> {
  const answer = await fetch(url, {
    method: 'POST',
    body: BODY,
    ...init,
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', ...init.headers },
  });
  return {
    status: answer.status,
    body: (await answer.json()) as Record<string, unknown>,
    headers: answer.headers,
  };
}

/** Everything stored of a stream so far, once there is as much as expected. */
async function stored<T>(
  filter: Parameters<Bus['subscribe']>[0]['filters'][number],
  count: number,
): Promise<T[]> {
  const seen: T[] = [];
  const all = new Promise<void>((resolve) => {
    void t.bus.subscribe({ filters: [filter], from: 0 }, ({ data }) => {
      seen.push(data as T);
      if (seen.length >= count) resolve();
    });
  });
  await all;
  return seen;
}

it('answers 202 only after the bus has stored the event', async () => {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  let published: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => (published = resolve));
  const bus = beforePublishing(t.bus, async () => {
    published();
    await held;
  });
  const url = await start(bus);
  let answered = false;
  const answer = post(`${url}/hooks/proxmox/vault1`).finally(() => (answered = true));
  await reached;
  expect(answered).toBe(false);
  release();
  const { status, body } = await answer;
  const [event] = await stored<Event>(filters.allEvents, 1);
  expect(status).toBe(202);
  expect(body).toEqual({ accepted: true, ids: [event?.id], stored: 1 });
  expect(event).toMatchObject({
    type: 'backup.sync.failed',
    severity: 'error',
    channel: 'webhook',
    source: 'vault1',
    cluster: 'vault1',
    node: 'vault1',
    storage: 'cold',
    at: 1_773_466_315,
    facts: { error: 'no.', job_id: 's-1' },
  });
});

it('stores a delivery that comes twice once', async () => {
  const url = await start();
  const first = await post(`${url}/hooks/proxmox/vault1`);
  const second = await post(`${url}/hooks/proxmox/vault1`, { method: 'PUT' });
  expect([first.status, second.status]).toEqual([202, 202]);
  expect(second.body).toEqual({ accepted: true, ids: first.body['ids'], stored: 0, duplicate: true });
  expect(await stored<Event>(filters.allEvents, 1)).toHaveLength(1);
});

it('asks the sender to try again while nothing can be stored', async () => {
  const url = await start(
    beforePublishing(t.bus, () => {
      throw new BusUnavailable('away');
    }),
  );
  const { status, headers } = await post(`${url}/hooks/proxmox/vault1`);
  expect({ status, retry: headers.get('retry-after') }).toEqual({ status: 503, retry: '5' });
});

it.each<[number, string, string, RequestInit]>([
  [401, '/hooks/proxmox/vault1', 'unauthorized', { headers: { authorization: 'Bearer wrong' } }],
  [401, `/hooks/proxmox/vault1?token=${TOKEN}`, 'unauthorized', { headers: { authorization: '' } }],
  [405, '/hooks/proxmox/vault1', 'method', { method: 'DELETE' }],
  [404, '/hooks/proxmox/nobody', 'unknown-source', {}],
  [404, '/hooks/nothing/vault1', 'unknown-route', {}],
  [415, '/hooks/proxmox/vault1', 'content-type', { headers: { 'content-type': 'image/png' }, body: 'PNG' }],
  [400, '/hooks/proxmox/vault1', 'invalid-json', { body: `{"message": ${TOKEN}` }],
  [400, '/hooks/proxmox/vault1', 'schema', { body: '{"title":["a"]}' }],
  [413, '/hooks/proxmox/vault1', 'too-large', { body: 'x'.repeat(2 * 1024 * 1024 + 1) }],
])('answers %i to %s (%s), keeps a letter of it, and never the token', async (status, path, error, init) => {
  const url = await start();
  const answer = await post(`${url}${path}`, init);
  expect(answer).toMatchObject({ status, body: { error } });
  const letters = await stored<DeadLetter>(filters.allDeadLetters, 1);
  expect(letters).toMatchObject([{ service: 'ingest-webhook', reason: error }]);
  expect(JSON.stringify([letters, answer.body])).not.toContain(TOKEN);
  expect(counts.get(`webhook_requests_total{status=${status}}`)).toBe(1);
  expect(await t.bus.lastSeq('EVENTS')).toBe(0);
});

it('drops what was made too long ago where a limit is set, and calls it no error', async () => {
  const url = await start(t.bus, inventory, { WEBHOOK_MAX_AGE_HOURS: '24' });
  const old = await post(`${url}/hooks/proxmox/vault1`);
  expect(old).toMatchObject({ status: 202, body: { accepted: true, stored: 0, ignored: 'stale' } });
  const now = Math.floor(Date.now() / 1000);
  const body = JSON.stringify({ ...(JSON.parse(BODY) as object), timestamp: now });
  expect(await post(`${url}/hooks/proxmox/vault1`, { body })).toMatchObject({ body: { stored: 1 } });
  expect(counts.get('ingest_ignored_total{channel=webhook,reason=stale}')).toBe(1);
});

it('opens with a token of one source the paths of that source and no others', async () => {
  const own = 'a-token-of-vault1';
  const url = await start(t.bus, inventory, { WEBHOOK_IN_TOKENS: `vault1:${own}\norion: another-token` });
  const headers = { authorization: `Bearer ${own}` };
  const status = async (path: string) => (await post(`${url}${path}`, { headers })).status;
  expect(await status('/hooks/proxmox/vault1')).toBe(202);
  expect(await status('/hooks/proxmox/orion')).toBe(401);
  expect(await status('/hooks/generic/nas')).toBe(401);
  expect((await post(`${url}/hooks/proxmox/orion`)).status).toBe(202);
  const repeated = JSON.stringify({ message: `the secret is ${own}` });
  await post(`${url}/hooks/proxmox/vault1`, { headers, body: repeated });
  const events = await stored<Event>(filters.allEvents, 3);
  expect(events[2]?.text?.body).toBe('the secret is ***');
});

it.each(['x', 'a:short', 'a:long-enough,a:long-enough-too'])('refuses the token list %s', (list) => {
  const parsed = WebhookConfig.safeParse({ WEBHOOK_IN_TOKENS: list });
  expect(parsed.error?.issues[0]?.message).toMatch(/^item \d: /);
  expect(JSON.stringify(parsed.error?.issues)).not.toContain('enough');
});

describe('what a Gotify server is sent', () => {
  const MESSAGE = {
    title: 'Test notification ',
    message: "```\nThis is a test of the notification target 'gotify1'.\n\n```",
    priority: 1,
  };

  it('is taken from a target of Proxmox and answered as that server answers', async () => {
    const url = await start();
    const headers = { authorization: `Bearer ${TOKEN}`, 'x-gotify-key': TOKEN };
    const answer = await post(`${url}/gotify/vault1/message`, { headers, body: JSON.stringify(MESSAGE) });
    expect(answer).toMatchObject({
      status: 200,
      body: { appid: 1, title: 'Test notification', priority: 1 },
    });
    expect(Number.isSafeInteger(answer.body['id'])).toBe(true);
    expect(Number.isNaN(Date.parse(String(answer.body['date'])))).toBe(false);
    expect(await stored<Event>(filters.eventsOf('gotify'), 1)).toMatchObject([
      {
        type: 'notification.test.received',
        channel: 'gotify',
        source: 'vault1',
        product: 'pbs',
        facts: { target: 'gotify1', gotify_priority: 1 },
      },
    ]);
  });

  it('may be a form, with the token in the query, and come from anything', async () => {
    const url = await start(t.bus, { ...inventory, gotify: undefined });
    const body = new FormData();
    for (const [name, value] of Object.entries({ title: 'Door', message: 'open', priority: '8' }))
      body.append(name, value);
    const answer = await fetch(`${url}/gotify/message?token=${TOKEN}`, { method: 'POST', body });
    expect(answer.status).toBe(200);
    const events = await stored<Event>(filters.eventsOf('gotify'), 1);
    expect(events).toMatchObject([
      { type: 'notification.unmapped', severity: 'error', source: 'gotify', facts: { title: 'Door' } },
    ]);
    expect(JSON.stringify(events)).not.toContain(TOKEN);
  });

  it.each<[number, string, RequestInit]>([
    [401, '/gotify/message', { headers: { authorization: '' } }],
    [400, '/gotify/message', { body: '{"title":"x"}' }],
    [400, '/gotify/message', { headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: 'x' }],
    [405, '/gotify/message', { method: 'PUT' }],
    [404, '/gotify/nobody/message', {}],
  ])('is refused with %i in the shape of that server', async (status, path, init) => {
    const url = await start();
    const answer = await post(`${url}${path}`, { body: JSON.stringify(MESSAGE), ...init });
    expect(answer).toMatchObject({
      status,
      body: { errorCode: status, error: expect.any(String), errorDescription: expect.any(String) },
    });
  });

  it('tells its version to anybody', async () => {
    const url = await start();
    for (const path of ['/gotify/version', '/gotify/vault1/version']) {
      const answer = await fetch(`${url}${path}`);
      expect([answer.status, await answer.json()]).toMatchObject([200, { version: expect.any(String) }]);
    }
  });
});

it('stores an event for each alert of Alertmanager once, and keeps a letter of those it cannot read', async () => {
  const url = await start();
  const alert = (fingerprint: string) => ({
    status: 'firing',
    labels: { alertname: 'Disk', node: 'vault1' },
    startsAt: '2026-03-14T01:00:04Z',
    fingerprint,
  });
  const body = JSON.stringify({ version: '4', alerts: [alert('a'), alert('b'), { status: 'odd' }] });
  const send = () => post(`${url}/hooks/alertmanager/prometheus`, { body });
  expect((await send()).body).toMatchObject({ stored: 2 });
  expect((await send()).body).toMatchObject({ stored: 0, duplicate: true });
  expect(await stored<Event>(filters.allEvents, 2)).toMatchObject(
    ['a', 'b'].map((fingerprint) => ({ source: 'prometheus', node: 'vault1', facts: { fingerprint } })),
  );
  expect(await stored<DeadLetter>(filters.allDeadLetters, 2)).toMatchObject([{ reason: 'schema' }, {}]);
});

it('refuses a stranger before reading what it sends', async () => {
  const url = new URL(await start());
  const sent = request({
    host: url.hostname,
    port: url.port,
    method: 'POST',
    path: '/hooks/proxmox/vault1',
    headers: { 'content-length': '1000000' },
  });
  sent.on('error', () => undefined);
  sent.write('x');
  const [answer] = (await once(sent, 'response')) as [{ statusCode: number; resume(): void }];
  answer.resume();
  expect(answer.statusCode).toBe(401);
  sent.destroy();
});

it('takes a body without a content type, as Proxmox sends it unless told otherwise', async () => {
  const url = new URL(await start());
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-length': String(Buffer.byteLength(BODY)) };
  const sent = request({
    host: url.hostname,
    port: url.port,
    method: 'POST',
    path: '/hooks/proxmox/vault1',
    headers,
  });
  sent.end(BODY);
  const [answer] = (await once(sent, 'response')) as [{ statusCode: number; resume(): void }];
  answer.resume();
  expect(answer.statusCode).toBe(202);
});

it('knows sources that the API told of while it runs', async () => {
  const url = await start(t.bus, { sources: [] });
  expect((await post(`${url}/hooks/proxmox/vault1`)).status).toBe(404);
  const source = InventorySource.parse({ id: 'vault1', product: 'pbs', nodes: [{ name: 'vault1' }] });
  await (await t.bus.kv('STATE')).put(stateKeys.inventory('vault1'), JSON.stringify(source));
  for (let status = 404; status !== 202;) ({ status } = await post(`${url}/hooks/proxmox/vault1`));
  const state = await (await t.bus.kv('STATE')).get(stateKeys.source('ingest-webhook'));
  expect(JSON.parse(state?.value ?? '')).toMatchObject({ status: 'ok' });
});

it('does not listen without a token, and refuses to be switched on without one', async () => {
  service = ingestWebhook.create(testContext(WebhookConfig.parse({ WEBHOOK_PORT: '0' }), t.bus));
  await service.start(new AbortController().signal);
  expect(service.details?.()).toEqual({ enabled: false });
  expect(service.isReady?.()).toBe(true);
  expect(WebhookConfig.safeParse({ WEBHOOK_IN_ENABLED: 'true' }).error?.issues[0]?.path).toEqual([
    'WEBHOOK_IN_TOKEN',
  ]);
  expect(WebhookConfig.safeParse({ WEBHOOK_IN_TOKEN: 'short' }).success).toBe(false);
});

it('stops without start, and twice', async () => {
  const idle = ingestWebhook.create(testContext(WebhookConfig.parse({ WEBHOOK_IN_TOKEN: TOKEN }), t.bus));
  await idle.stop();
  await idle.stop();
  expect(idle.isReady?.()).toBe(false);
});

/** The real bus with another way to publish. */
