import { Incident, type IncidentCommand, requests, type SilenceCommand } from '@proxmox-mcp/schemas';
import { type Act, actSecret, signAct } from '@proxmox-mcp/service-kit';
import { startGateway, type TestGateway } from '../testing/start-gateway.ts';

const INCIDENT = Incident.parse({
  id: 'inc-1',
  condition: 'storage.usage.high',
  key: 'prod|local-zfs|storage.usage.high',
  status: 'open',
  severity: 'warning',
  product: 'pve',
  cluster: 'prod',
  node: 'pve1',
  storage: 'local-zfs',
  title: 'Storage <b>local-zfs</b> is nearly full',
  openedAt: '2026-11-20T10:00:00.000Z',
  updatedAt: '2026-11-20T10:00:00.000Z',
  facts: [],
  occurrences: 1,
  findings: [],
  timeline: [],
  revision: 1,
});

let gateway: TestGateway;
let secret: Buffer;
let commands: IncidentCommand[];
let silences: SilenceCommand[];
let nonces = 0;

beforeEach(async () => {
  gateway = await startGateway();
  secret = await actSecret(gateway.bus);
  commands = [];
  silences = [];
  await (await gateway.bus.kv('INCIDENTS')).put('inc-1', JSON.stringify(INCIDENT));
});
afterEach(() => gateway.close());

async function answerCommands(): Promise<void> {
  await gateway.bus.answer(requests.incidentCommand, 'state', (command) => {
    commands.push(command);
    return { ok: true as const, incident: INCIDENT };
  });
  await gateway.bus.answer(requests.silence, 'notifier', (command) => {
    silences.push(command);
    return { ok: true as const, silences: [], hits: [] };
  });
}
function link(change: Partial<Act> = {}): string {
  const act: Act = {
    op: 'acknowledge',
    incidentId: 'inc-1',
    channel: 'ntfy',
    expiresAt: Date.now() + 60_000,
    nonce: `n${nonces++}`,
    ...change,
  };
  return `${gateway.url}/act/${signAct(secret, act)}`;
}
const get = (url: string) => fetch(url);
const post = (url: string, init: RequestInit = {}) => fetch(url, { method: 'POST', ...init });

it('a GET shows what would happen and does nothing, however often a preview fetches it', async () => {
  await answerCommands();
  const url = link();
  for (let visit = 0; visit < 3; visit++) {
    const answer = await get(url);
    expect(answer.status).toBe(200);
    const page = await answer.text();
    expect(page).toContain('<form method="post"><button>Acknowledge</button></form>');
    expect(page).toContain('Storage &lt;b&gt;local-zfs&lt;/b&gt; is nearly full');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  }
  expect(commands).toEqual([]);
  expect((await post(url)).status).toBe(200);
});

it('a POST acknowledges once, from a form as from an app, without a bearer token', async () => {
  await answerCommands();
  const url = link();
  const form = { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: '' };
  const answers = await Promise.all([post(url, form), post(url)]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  expect(commands).toEqual([{ id: 'inc-1', op: 'acknowledge', by: 'link in ntfy' }]);
  expect((await get(url)).status).toBe(409);
  expect((await post(link())).status).toBe(200);
});

it('a POST silences the same trouble of the same thing for an hour', async () => {
  await answerCommands();
  expect((await post(link({ op: 'silence', channel: 'discord' }))).status).toBe(200);
  const [silence] = silences;
  expect(silence).toMatchObject({
    op: 'add',
    by: 'link in discord',
    match: { condition: 'storage.usage.high', cluster: 'prod', node: 'pve1', storage: 'local-zfs' },
  });
  expect(Date.parse(silence?.until ?? '') - Date.parse(silence?.from ?? '')).toBe(3_600_000);
});

it('a link that could not be carried out works later', async () => {
  const url = link();
  expect((await post(url)).status).toBe(503);
  await answerCommands();
  expect((await post(url)).status).toBe(200);
  expect(commands).toHaveLength(1);
});

it('refuses what is forged, too old or about nothing, by GET and POST, and does nothing', async () => {
  await answerCommands();
  const good = link();
  const cases: [string, number][] = [
    [good.replace('/act/1.acknowledge.', '/act/1.silence.'), 404],
    [good.replace('.inc-1.', '.inc-2.'), 404],
    [`${gateway.url}/act/x`, 404],
    [link({ expiresAt: Date.now() - 1_000 }), 410],
    [link({ incidentId: 'inc-9' }), 404],
  ];
  for (const [url, status] of cases) {
    expect([(await get(url)).status, (await post(url)).status]).toEqual([status, status]);
  }
  expect([...commands, ...silences]).toEqual([]);
});

it('keeps used links only until they would have expired', async () => {
  await answerCommands();
  const acts = await gateway.bus.kv('ACTS');
  await acts.put('used.old', String(Date.now() - 1));
  await post(link({ nonce: 'fresh' }));
  expect((await acts.list('used')).map(({ key }) => key)).toEqual(['used.fresh']);
});

it('lets nobody try without end', async () => {
  const statuses = new Set<number>();
  for (let visit = 0; visit < 30; visit++) statuses.add((await get(`${gateway.url}/act/x`)).status);
  expect([...statuses]).toEqual([404, 429]);
  expect(gateway.count('gateway_act_links_total', { outcome: 'rate' })).toBeGreaterThan(0);
});

it('opens no other path', async () => {
  for (const path of ['/act', '/act/../mcp', '/api/v1/tools/fleet_overview'])
    expect((await post(gateway.url + path)).status).toBe(401);
});
