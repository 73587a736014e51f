import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule, type TriedRule } from '../../testing/try-rule.ts';
import { zfsSuspended } from './rule.ts';

let t: TriedRule;
afterEach(() => t.close());

it('is one critical incident told by kernel and poll, until the pool answers again, however badly', () => {
  t = tryRule(zfsSuspended);
  t.hear(
    sampleEvent({
      type: 'zfs.pool.suspended',
      channel: 'syslog',
      node: 'pve1',
      second: 0,
      facts: { pool: 'tank' },
    }),
    sampleEvent({
      type: 'zfs.pool.suspended',
      node: 'pve1',
      second: 500,
      facts: { pool: 'tank', pool_state: 'SUSPENDED', state: 'SUSPENDED' },
    }),
    sampleEvent({
      type: 'zfs.vdev.faulted',
      channel: 'syslog',
      node: 'pve1',
      second: 510,
      facts: { pool: 'tank', eid: 3 },
    }),
  );
  expect(t.incidents()).toMatchObject([
    { key: 'atlas|pool/pve1/tank|zfs.pool.suspended', severity: 'critical', status: 'open' },
  ]);
  t.hear(
    sampleEvent({
      type: 'zfs.vdev.faulted',
      node: 'pve1',
      second: 900,
      facts: { pool: 'tank', pool_state: 'DEGRADED' },
    }),
  );
  expect(t.incidents()).toMatchObject([{ status: 'resolved' }]);
  expect(t.transitions().filter((word) => word === 'opened')).toHaveLength(1);
});
