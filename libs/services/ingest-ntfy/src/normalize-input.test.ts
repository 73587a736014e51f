import { fileURLToPath } from 'node:url';
import { expectSubset, loadTestCases, loadTestInventory } from '@proxmox-mcp/proxmox-events/testing';
import { Inventory } from '@proxmox-mcp/schemas';
import fc from 'fast-check';
import { normalizeInput } from './normalize-input.ts';

const ROOT = fileURLToPath(new URL('../testcases', import.meta.url));
const inventory = loadTestInventory(ROOT);
const receivedAt = Date.parse('2026-03-20T12:00:00Z');

const normalize = (value: unknown, known: Inventory = inventory) =>
  normalizeInput(Buffer.from(JSON.stringify(value)), { inventory: known, receivedAt });
const MESSAGE = {
  id: 'hwQ2YpKdmgAa',
  time: 1_773_450_452,
  event: 'message',
  topic: 'atlas-alerts',
  title: 'Something new',
  message: 'nobody knows this text',
};

it.each(loadTestCases('ntfy', ROOT))('reads $name as expected', ({ raw, expected }) => {
  expectSubset(expected, normalizeInput(raw, { inventory, receivedAt }));
});

it('lets a high priority raise what nobody knows, and takes it for no word of the sender', () => {
  const result = normalize({ ...MESSAGE, priority: 4 });
  expect(result).toMatchObject({ events: [{ type: 'notification.unmapped', severity: 'warning' }] });
  expect('events' in result && result.events[0]?.facts).not.toHaveProperty('source_severity');
});

it('does not take a picture that someone attached for a text that was cut', () => {
  const picture = { name: 'cat.jpg', type: 'image/jpeg', url: 'https://example.net/cat.jpg' };
  const result = normalize({ ...MESSAGE, attachment: picture });
  expect('events' in result && result.events[0]?.facts).not.toHaveProperty('truncated');
});

it('says which part of the configuration is missing where a message can be of nobody', () => {
  expect(normalize(MESSAGE, Inventory.parse({}))).toMatchObject({
    reason: 'unknown-source',
    detail: 'no Proxmox host is configured',
  });
  const typo = { sources: inventory.sources, ntfy: { topics: { 'atlas-alerts': 'atlsa' } } };
  expect(normalize(MESSAGE, Inventory.parse(typo))).toMatchObject({ reason: 'unknown-source' });
});

it('answers every input', () => {
  const message = fc.record(
    {
      id: fc.oneof(fc.constant('abc'), fc.string()),
      time: fc.oneof(fc.integer(), fc.string()),
      event: fc.constantFrom('message', 'open', 'message_delete'),
      topic: fc.string(),
      title: fc.string(),
      message: fc.string(),
      attachment: fc.jsonValue(),
      encoding: fc.constantFrom('base64', 'utf8'),
    },
    { requiredKeys: ['event'] },
  );
  fc.assert(
    fc.property(fc.oneof(message, fc.jsonValue()), (value) => {
      const result = normalize(value);
      return 'events' in result || 'reject' in result || 'ignore' in result;
    }),
  );
});
