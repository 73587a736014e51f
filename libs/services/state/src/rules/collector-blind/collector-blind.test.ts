import type { SourceState } from '@proxmox-mcp/schemas';
import { blindnessOf } from './rule.ts';

const NOW = Date.parse('2026-03-14T01:10:00Z');
const source = (change: Partial<SourceState>): SourceState => ({
  name: 'atlas',
  service: 'ingest-websocket',
  product: 'pve',
  cluster: 'atlas',
  status: 'down',
  degraded: [{ reason: 'unreachable', detail: 'connect ECONNREFUSED', since: '2026-03-14T01:00:00.000Z' }],
  lastSuccessAt: '2026-03-14T00:59:57.000Z',
  at: '2026-03-14T01:09:40.000Z',
  ...change,
});

it('says on what we are blind, since when and why, and when it is over', () => {
  expect(blindnessOf(source({}), NOW)).toMatchObject({
    trouble: {
      object: 'source/atlas',
      severity: 'critical',
      title: 'We are blind on atlas',
      cause: 'connect ECONNREFUSED. Last heard at 2026-03-14T00:59:57.000Z.',
      at: '2026-03-14T01:00:00.000Z',
    },
  });
  expect(blindnessOf(source({ status: 'degraded' }), NOW)).toMatchObject({
    recovery: { anchor: 'source/atlas' },
  });
});

it('says nothing of a source that starts, or that nobody has written of for long', () => {
  expect(blindnessOf(source({ status: 'starting' }), NOW)).toBeUndefined();
  expect(blindnessOf(source({ at: '2026-03-13T01:00:00.000Z' }), NOW)).toBeUndefined();
});
