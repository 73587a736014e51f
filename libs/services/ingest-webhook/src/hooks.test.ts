import { fileURLToPath } from 'node:url';
import { expectSubset, loadTestCases, loadTestInventory } from '@proxmox-mcp/proxmox-events/testing';
import { Inventory } from '@proxmox-mcp/schemas';
import fc from 'fast-check';
import { normalizeInput } from './normalize-input.ts';

const ROOT = fileURLToPath(new URL('../testcases', import.meta.url));
const written = loadTestInventory(ROOT);
const inventory = Inventory.parse({
  ...written,
  webhook: {
    ...written.webhook,
    header: 'X-Lab-Auth: Key <token>',
    mappings: {
      'uptime-kuma': {
        title: '$.monitor.name',
        message: '$.heartbeat.msg',
        severity: '$.heartbeat.status',
        severities: { '0': 'error', '1': 'info' },
        type: 'uptime-kuma',
        node: '$.monitor.hostname',
      },
      sensor: { title: 'Room', message: '$.readings[1].text', product: 'pbs', timestamp: '$.at' },
    },
  },
});
const receivedAt = Date.parse('2026-03-20T12:00:00Z');

function post(url: string, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const all = { authorization: 'Bearer s3cr3t-hook-token', 'content-type': 'application/json', ...headers };
  return normalizeInput(Buffer.from(JSON.stringify({ method: 'POST', url, headers: all, body: text })), {
    inventory,
    receivedAt,
  });
}

function only(result: ReturnType<typeof post>) {
  if (!('events' in result) || result.events[0] === undefined) throw new Error(JSON.stringify(result));
  return result.events[0];
}

describe.each(['alertmanager', 'generic', 'gotify'])('%s', (kind) => {
  it.each(loadTestCases(kind, ROOT))('reads $name as expected', ({ raw, expected }) => {
    expectSubset(expected, normalizeInput(raw, { inventory, receivedAt }));
  });
});

it('finds what a mapping points at, also in lists, and takes plain words as they stand', () => {
  const body = { at: '2026-03-14T02:00:04+01:00', readings: [{}, { text: '31 °C' }] };
  expect(only(post('/hooks/generic/sensor', body))).toMatchObject({
    product: 'pbs',
    at: 1_773_450_004,
    facts: { title: 'Room' },
    text: { body: '31 °C' },
  });
  expect(post('/hooks/generic/sensor', { readings: 'none', toString: 1 })).toMatchObject({
    events: [{ facts: { title: 'Room' }, text: { body: '' } }],
  });
});

it('refuses a mapping that is no path', () => {
  const mapping = (title: string) => ({ webhook: { mappings: { x: { title } } } });
  expect(Inventory.safeParse(mapping('$.a.b[0]')).success).toBe(true);
  for (const title of ['$', '$..a', '$.a[*]', '$.a()', '$a'])
    expect(Inventory.safeParse(mapping(title)).success).toBe(false);
});

it('takes an alert that is told again for the same report, and its end for another', () => {
  const alert = {
    status: 'firing',
    labels: { alertname: 'A' },
    startsAt: '2026-03-14T01:00:04Z',
    fingerprint: 'f',
  };
  const told = (more: object) =>
    only(post('/hooks/alertmanager/prometheus', { alerts: [{ ...alert, ...more }] })).identity;
  const first = told({});
  expect(first).toBeDefined();
  expect(told({ annotations: { summary: 'reworded' } })).toBe(first);
  expect(told({ status: 'resolved', endsAt: '2026-03-14T02:00:04Z' })).not.toBe(first);
  expect(told({ startsAt: '2026-03-15T01:00:04Z' })).not.toBe(first);
});

it('takes the token in the header that the inventory names, with its prefix', () => {
  const url = '/hooks/generic/nas';
  const shown = (value: string) => post(url, { title: 'x' }, { authorization: '', 'x-lab-auth': value });
  expect(shown('Key s3cr3t-hook-token')).toHaveProperty('events');
  expect(shown('s3cr3t-hook-token')).toMatchObject({ reason: 'unauthorized' });
});

it('does not read a body that is packed, and keeps what is no UTF-8 with a mark', () => {
  expect(post('/hooks/proxmox/orion', 'x', { 'content-encoding': 'gzip' })).toMatchObject({
    reason: 'content-encoding',
    http_status: 415,
  });
  const text = { 'content-type': 'text/plain' };
  expect(only(post('/hooks/generic/script', 'caf\uFFFD \u0007', text)).facts).toMatchObject({
    sanitized: true,
  });
});

const kinds = [
  '/hooks/proxmox/orion',
  '/hooks/generic/any',
  '/hooks/generic/orion',
  '/hooks/alertmanager/p',
  '/gotify/message',
];
const types = ['application/json', 'text/plain', 'application/x-www-form-urlencoded', '', 'image/png'];

/** Bodies that come close: the right keys with anything in them. */
const near = fc.dictionary(
  fc.constantFrom(
    'title',
    'message',
    'severity',
    'timestamp',
    'fields',
    'alerts',
    'status',
    'labels',
    'priority',
    'startsAt',
  ),
  fc.jsonValue({ maxDepth: 4 }),
);
const alerts = fc.record({ alerts: fc.array(near, { maxLength: 4 }) });

it('gives every body on every path events or a refusal with a status of the sender’s, and never throws', () => {
  const bodies = fc.oneof(fc.string(), fc.json(), near, alerts);
  fc.assert(
    fc.property(fc.constantFrom(...kinds), fc.constantFrom(...types), bodies, (url, type, body) => {
      const result = post(url, body, { 'content-type': type });
      if ('events' in result) return result.events.every(({ type: said }) => said !== '');
      return 'reject' in result && (result.http_status ?? 0) >= 400 && (result.http_status ?? 0) < 500;
    }),
    { numRuns: 500 },
  );
});
