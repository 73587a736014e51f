import { fileURLToPath } from 'node:url';
import { expectSubset, loadTestCases, loadTestInventory } from '@proxmox-mcp/proxmox-events/testing';
import fc from 'fast-check';
import { normalizeInput } from './normalize-input.ts';

const ROOT = fileURLToPath(new URL('../testcases', import.meta.url));
const inventory = loadTestInventory(ROOT);
const receivedAt = Date.parse('2026-03-20T12:00:00Z');

interface Sent {
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

function normalize({ method = 'POST', url = '/hooks/proxmox/orion', headers = {}, body = '' }: Sent) {
  const envelope = { method, url, headers: { authorization: 'Bearer s3cr3t-hook-token', ...headers }, body };
  return normalizeInput(Buffer.from(JSON.stringify(envelope)), { inventory, receivedAt });
}

function identityOf(body: object): string | undefined {
  const result = normalize({ body: JSON.stringify(body) });
  return 'events' in result ? result.events[0]?.identity : undefined;
}

const TEST = "This is a test of the notification target 't'.";

describe('normalizeInput', () => {
  it.each(loadTestCases('webhook', ROOT))('reads $name as expected', ({ raw, expected }) => {
    expectSubset(expected, normalizeInput(raw, { inventory, receivedAt }));
  });

  it.each<[string, Sent]>([
    ['a body without content type', { body: JSON.stringify({ title: 'Test notification', message: TEST }) }],
    [
      'PUT, with the token in a header of its own',
      {
        method: 'PUT',
        headers: { authorization: '', 'x-proxmox-token': 's3cr3t-hook-token', 'content-type': 'text/plain' },
        body: TEST,
      },
    ],
    [
      'the Discord example',
      {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ content: `\`\`\` ${TEST}\n\`\`\`` }),
      },
    ],
    ['the Slack example', { body: JSON.stringify({ text: `\`\`\`\n${TEST}\n\`\`\`` }) }],
    ['a node name in the path', { url: '/hooks/proxmox/hv-b2?x=1', body: TEST }],
    [
      'a quoted timestamp',
      { body: JSON.stringify({ title: 'Test notification', message: TEST, timestamp: '1773450451' }) },
    ],
    [
      'text that looks like JSON and is not',
      { headers: { 'content-type': 'text/plain' }, body: `{\n${TEST}` },
    ],
  ])('takes %s', (_, sent) => {
    expect(normalize(sent)).toMatchObject({
      events: [{ type: 'notification.test.received', facts: { target: 't' } }],
    });
  });

  it.each<[string, number, Sent]>([
    ['method', 405, { method: 'DELETE' }],
    ['unauthorized', 401, { headers: { authorization: 'Bearer s3cr3t-hook-tokem' } }],
    [
      'unauthorized',
      401,
      { headers: { authorization: '' }, url: '/hooks/proxmox/orion?token=s3cr3t-hook-token' },
    ],
    ['unknown-source', 404, { url: '/hooks/proxmox/nobody', body: TEST }],
    ['unknown-source', 404, { url: '/hooks/proxmox/%E0%A4%A', body: TEST }],
    ['unknown-route', 404, { url: '/__proto__', body: TEST }],
    ['empty', 400, { body: ' \n' }],
    ['schema', 400, { body: '{"severity":"info"}' }],
    ['schema', 400, { body: '{"message":"x","fields":{"a":1}}' }],
    ['schema', 400, { body: '{"message":"x","deep":{"constructor":{}}}' }],
    ['schema', 400, { body: `{"message":"x","deep":${'['.repeat(500)}${']'.repeat(500)}}` }],
    ['schema', 400, { headers: { 'content-type': 'application/json' }, body: '[1]' }],
    ['too-large', 413, { body: 'x'.repeat(2 * 1024 * 1024 + 1) }],
  ])('refuses with %s', (reason, status, sent) => {
    expect(normalize(sent)).toMatchObject({ reject: true, reason, http_status: status });
  });

  it('gives one identity to one delivery, whatever the order of its fields', () => {
    const base = { title: 't', message: 'm', severity: 'info', timestamp: 1_773_450_451 };
    const first = identityOf({ ...base, fields: { a: '1', b: '2' } });
    expect(first).toBeDefined();
    expect(identityOf({ fields: { b: '2', a: '1' }, v: 1, ...base })).toBe(first);
    expect(identityOf({ ...base, fields: { a: '1', b: '3' } })).not.toBe(first);
    expect(identityOf({ title: 't', message: 'm' })).toBeUndefined();
  });

  it('lets no key of a body reach a prototype', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 5 }),
        fc.constantFrom('__proto__', 'constructor', 'prototype'),
        (value, key) => {
          normalize({ body: `{"message":"x","fields":{"${key}":${JSON.stringify(value)}}}` });
          return !('admin' in {}) && Object.keys(Object.prototype).length === 0;
        },
      ),
    );
  });

  it('answers every body', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        const result = normalize({ body });
        return 'events' in result || 'reject' in result;
      }),
    );
  });
});
