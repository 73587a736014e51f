import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule, type TriedRule } from '../../testing/try-rule.ts';
import { zfsChecksumError } from './rule.ts';

let t: TriedRule;
afterEach(() => t.close());

it('is one warning told by log and poll, over with a clean scrub', () => {
  t = tryRule(zfsChecksumError);
  t.hear(
    sampleEvent({
      type: 'zfs.vdev.checksum_error',
      channel: 'syslog',
      node: 'pve1',
      second: 0,
      facts: { pool: 'tank', vdev: 'sda1', eid: 7 },
    }),
    sampleEvent({
      type: 'zfs.vdev.checksum_error',
      node: 'pve1',
      second: 300,
      facts: { pool: 'tank', pool_state: 'ONLINE', vdev: 'sda1', errors: 3 },
    }),
  );
  expect(t.incidents()).toMatchObject([
    { key: 'atlas|pool/pve1/tank|zfs.vdev.checksum_error', severity: 'warning', status: 'open' },
  ]);
  t.hear(
    sampleEvent({
      type: 'zfs.scrub.finished',
      node: 'pve1',
      second: 4_000,
      facts: { pool: 'tank', pool_state: 'ONLINE', errors: 0 },
    }),
  );
  expect(t.incidents()).toMatchObject([{ status: 'resolved', resolution: 'recovered' }]);
});
