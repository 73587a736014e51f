import type { EventDraft } from '@proxmox-mcp/schemas';
import { seenLog } from './seen-log.ts';

const draft: EventDraft = {
  type: 'backup.job.failed',
  severity: 'error',
  product: 'pve',
  facts: {},
  identity: 'UPID:pve1:/ended/log',
};
const lines = (count: number) => Array.from({ length: count }, (_, i) => `INFO: line ${i} ${'x'.repeat(80)}`);

it('keeps a short log whole', () => {
  const { seen } = seenLog(draft, lines(100), { task_running: false });
  expect(seen).toMatchObject({ format: 'task-log', cut: false, body: lines(100).join('\n') });
});

it('keeps beginning and end of a long one, and says that something is missing', () => {
  const { seen } = seenLog(draft, lines(10_000), { task_running: false });
  const kept = seen?.body.split('\n') ?? [];
  expect(kept[0]).toBe(lines(1)[0]);
  expect(kept.at(-1)).toBe(lines(10_000).at(-1));
  expect(seen?.body.length).toBeLessThan(61_000);
  expect(seen).toMatchObject({ cut: true, context: { task_running: false, identity: draft.identity } });
});

it('keeps the last lines of one that grows', () => {
  const { seen } = seenLog(draft, lines(10_000), { task_running: true });
  expect(seen?.body.split('\n')).toEqual(lines(10_000).slice(-40));
});
