import { fileURLToPath } from 'node:url';
import { expectSubset, loadTestCases, loadTestInventory } from '@proxmox-mcp/proxmox-events/testing';
import fc from 'fast-check';
import { normalizeInput } from './normalize-input.ts';

const ROOT = fileURLToPath(new URL('../testcases', import.meta.url));
const inventory = loadTestInventory(ROOT);
const receivedAt = Date.parse('2026-03-20T12:00:00Z');

const normalize = (message: unknown) =>
  normalizeInput(Buffer.from(JSON.stringify(message)), { inventory, receivedAt });
const ours = {
  id: '1340000000000000300',
  channel_id: '1100000000000000001',
  webhook_id: '1200000000000000002',
  timestamp: '2026-03-14T09:00:00Z',
};

describe('normalizeInput', () => {
  it.each(loadTestCases('discord', ROOT))('reads $name as expected', ({ raw, expected }) => {
    const result = normalizeInput(raw, { inventory, receivedAt });
    expectSubset(expected, result);
    // Words of reasons are ours, and operators look for them.
    if (!('events' in result))
      expect(result).toMatchObject({ reason: (expected as { reason: string }).reason });
  });

  it('gives a message the same identity whatever else of it changes', () => {
    const identities = ['``` first```', '``` second```'].map((content) => {
      const result = normalize({ ...ours, content });
      return 'events' in result ? result.events.map(({ identity }) => identity) : [];
    });
    expect(identities).toEqual([['message 1340000000000000300/0'], ['message 1340000000000000300/0']]);
  });

  it('knows nobody without an inventory, and no host without one in it', () => {
    const raw = Buffer.from(JSON.stringify({ ...ours, content: 'x' }));
    expect(normalizeInput(raw, { receivedAt })).toMatchObject({ reason: 'unknown-channel' });
    const empty = { ...inventory, sources: [] };
    expect(normalizeInput(raw, { inventory: empty, receivedAt })).toMatchObject({ reason: 'unknown-source' });
  });

  it('answers every message, and lets none of its keys reach a prototype', () => {
    const text = fc.oneof(fc.string(), fc.constantFrom('```', '``` a```', '**t**\n```b', '__proto__'));
    const embed = fc.record(
      {
        type: text,
        title: text,
        description: text,
        color: fc.jsonValue(),
        fields: fc.array(fc.record({ name: text, value: text })),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(text, fc.array(fc.oneof(embed, fc.jsonValue()), { maxLength: 3 }), (content, embeds) => {
        const result = normalize({ ...ours, content, embeds });
        return ('events' in result || 'reject' in result) && !('admin' in {});
      }),
    );
  });
});
