import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule, type TriedRule } from '../../testing/try-rule.ts';
import { zfsDegraded } from './rule.ts';

let t: TriedRule;
afterEach(() => t.close());

const zed = (type: string, second: number, channel: 'syslog' | 'email', facts = {}) =>
  sampleEvent({
    type,
    channel,
    node: 'pve1',
    second,
    facts: { pool: 'tank', vdev: '/dev/disk/by-id/ata-A-part1', state: 'FAULTED', eid: 412, ...facts },
  });
const polled = (type: string, second: number, facts: Record<string, unknown>) =>
  sampleEvent({ type, node: 'pve1', second, facts: { pool: 'tank', ...facts } });

it('is one critical incident of what log, mail and poll tell of a pool, until the pool is whole', () => {
  t = tryRule(zfsDegraded);
  t.hear(
    zed('zfs.vdev.faulted', 0, 'syslog'),
    zed('zfs.vdev.faulted', 2, 'email'),
    polled('zfs.vdev.faulted', 300, { vdev: 'ata-A-part1', state: 'FAULTED', pool_state: 'DEGRADED' }),
  );
  expect(t.incidents()).toMatchObject([
    { key: 'atlas|pool/pve1/tank|zfs.vdev.faulted', severity: 'critical', status: 'open' },
  ]);
  // The device was replaced: it never comes back, the pool does.
  t.hear(polled('zfs.scrub.finished', 5_000, { pool_state: 'DEGRADED', errors: 0 }));
  expect(t.incidents()).toMatchObject([{ status: 'open' }]);
  t.hear(polled('zfs.vdev.online', 9_000, { state: 'ONLINE', pool_state: 'ONLINE' }));
  expect(t.incidents()).toMatchObject([{ status: 'resolved', resolution: 'recovered' }]);
  expect(t.transitions().filter((word) => word === 'opened')).toHaveLength(1);
});

it('by the log alone is over when each of its devices is back', () => {
  t = tryRule(zfsDegraded);
  const other = { vdev: '/dev/disk/by-id/ata-B-part1' };
  t.hear(zed('zfs.vdev.faulted', 0, 'syslog'), zed('zfs.vdev.faulted', 1, 'syslog', { ...other, eid: 413 }));
  t.hear(zed('zfs.vdev.online', 60, 'syslog', { state: 'ONLINE', eid: 420 }));
  expect(t.incidents()).toMatchObject([{ status: 'open' }]);
  t.hear(zed('zfs.vdev.online', 61, 'syslog', { ...other, state: 'ONLINE', eid: 421 }));
  expect(t.incidents()).toMatchObject([{ status: 'resolved' }]);
});
