import type { NormalizeResult } from '@proxmox-mcp/schemas';
import type { NormalizeOptions } from './input.ts';
import { normalizePbsTask, normalizeTask } from './task/normalize-task.ts';
import { normalizeTaskLog } from './task-log/normalize-task-log.ts';
import { normalizeResources } from './resources/normalize-resources.ts';
import { normalizeApiError } from './api-error/normalize-api-error.ts';
import { expectSubset, loadTestCases, loadTestInventory } from './testing/index.ts';

const inventory = loadTestInventory();
const channels: Readonly<Record<string, (raw: Buffer, options: NormalizeOptions) => NormalizeResult>> = {
  task: normalizeTask,
  'pbs-task': normalizePbsTask,
  'task-log': normalizeTaskLog,
  resources: normalizeResources,
  'api-error': normalizeApiError,
};

describe.each(Object.entries(channels))('%s', (channel, normalize) => {
  it.each(loadTestCases(channel))('reads $name as expected', ({ raw, expected, context }) => {
    expectSubset(
      expected,
      normalize(raw, { inventory, receivedAt: 1_773_500_000_000, ...(context && { context }) }),
    );
  });
});
