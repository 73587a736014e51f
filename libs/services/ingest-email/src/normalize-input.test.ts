import { fileURLToPath } from 'node:url';
import { expectSubset, loadTestCases, loadTestInventory } from '@proxmox-mcp/proxmox-events/testing';
import { normalizeInput } from './normalize-input.ts';

const ROOT = fileURLToPath(new URL('../testcases', import.meta.url));
const inventory = loadTestInventory(ROOT);
const receivedAt = Date.parse('2026-03-20T12:00:00Z');

describe('normalizeInput', () => {
  it.each(loadTestCases('email', ROOT))('reads $name as expected', async ({ raw, expected, context }) => {
    const result = await normalizeInput(raw, { inventory, receivedAt, ...(context && { context }) });
    expectSubset(expected, result);
  });
});
