import { fileURLToPath } from 'node:url';
import { expectSubset, loadTestCases, loadTestInventory } from '@proxmox-mcp/proxmox-events/testing';
import { Inventory } from '@proxmox-mcp/schemas';
import fc from 'fast-check';
import { normalizeInput } from './normalize-input.ts';

const ROOT = fileURLToPath(new URL('../testcases', import.meta.url));
const inventory = loadTestInventory(ROOT);
const receivedAt = Date.parse('2026-03-20T12:00:00Z');
const TEST = "```\nThis is a test of the notification target 't'.\n```";

const normalize = (value: unknown, known: Inventory = inventory) =>
  normalizeInput(Buffer.from(JSON.stringify(value)), { inventory: known, receivedAt });
const stored = (more: object = {}) => ({
  id: 7,
  appid: 3,
  title: 'Test notification',
  message: TEST,
  date: '2026-03-14T02:07:40Z',
  ...more,
});
const identityOf = (value: unknown) => {
  const result = normalize(value);
  return 'events' in result ? result.events[0]?.identity : undefined;
};

it.each(loadTestCases('gotify', ROOT))('reads $name as expected', ({ raw, expected }) => {
  expectSubset(expected, normalizeInput(raw, { inventory, receivedAt }));
});

it('takes a guess from the priority for no word of the sender', () => {
  const result = normalize(stored({ title: 'Something new', message: '```\nx\n```', priority: 9 }));
  expect('events' in result && result.events[0]?.facts).not.toHaveProperty('source_severity');
});

it('gives a message one identity, from the stream and from a page, and another after the server was set up anew', () => {
  const first = identityOf(stored({ date: '2026-03-14T02:07:40.271828182+01:00' }));
  expect(first).toBeDefined();
  expect(identityOf({ messages: [stored({ date: '2026-03-14T01:07:40.271Z' })] })).toBe(first);
  expect(identityOf(stored({ date: '2026-03-15T01:07:40Z' }))).not.toBe(first);
  expect(identityOf(stored({ id: 8, date: '2026-03-14T01:07:40Z' }))).not.toBe(first);
  expect(identityOf({ title: 'Test notification', message: TEST })).toBeUndefined();
});

it('without an application named takes what looks like Proxmox, and nothing of the user’s other applications', () => {
  const unmapped = Inventory.parse({ sources: inventory.sources });
  expect(normalize(stored({ appid: 99 }), unmapped)).toMatchObject({
    events: [{ type: 'notification.test.received' }],
  });
  expect(normalize(stored({ appid: 99, title: 'Washing', message: 'is done' }), unmapped)).toMatchObject({
    reject: true,
    reason: 'not-proxmox',
  });
});

it('says which part of the configuration is missing where a message can be of nobody', () => {
  expect(normalize(stored(), Inventory.parse({}))).toMatchObject({
    reason: 'unknown-source',
    detail: 'no Proxmox host is configured',
  });
  const typo = Inventory.parse({ sources: inventory.sources, gotify: { apps: { 3: 'atlsa' } } });
  expect(normalize(stored(), typo)).toMatchObject({ reason: 'unknown-source' });
});

it('answers every input', () => {
  const message = fc.record(
    {
      id: fc.oneof(fc.integer(), fc.string()),
      appid: fc.constantFrom(3, 4, 9, -1, '3'),
      title: fc.oneof(fc.string(), fc.constant(null)),
      message: fc.string(),
      date: fc.string(),
      extras: fc.jsonValue(),
      messages: fc.array(fc.jsonValue()),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(message, fc.jsonValue()), (value) => {
      const result = normalize(value);
      return 'events' in result || 'reject' in result || 'ignore' in result;
    }),
  );
});
