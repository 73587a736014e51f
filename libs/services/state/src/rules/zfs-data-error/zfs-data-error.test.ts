import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule, type TriedRule } from '../../testing/try-rule.ts';
import { zfsDataError } from './rule.ts';

let t: TriedRule;
afterEach(() => t.close());

const scrub = (second: number, errors: number, pool_state = 'ONLINE') =>
  sampleEvent({
    type: 'zfs.scrub.finished',
    node: 'pve1',
    second,
    facts: { pool: 'tank', pool_state, errors },
  });

it('is one incident told by log and poll, which a clean scrub ends and another one does not', () => {
  t = tryRule(zfsDataError);
  t.hear(
    sampleEvent({
      type: 'zfs.data.error',
      channel: 'syslog',
      node: 'pve1',
      second: 0,
      facts: { pool: 'tank', eid: 9 },
    }),
    sampleEvent({
      type: 'zfs.data.error',
      node: 'pve1',
      second: 400,
      facts: { pool: 'tank', pool_state: 'ONLINE', message: '3 data errors, use -v for a list' },
    }),
  );
  expect(t.incidents()).toMatchObject([
    { key: 'atlas|pool/pve1/tank|zfs.data.error', severity: 'error', status: 'open' },
  ]);
  t.hear(scrub(5_000, 2));
  expect(t.incidents()).toMatchObject([{ status: 'open' }]);
  t.hear(scrub(90_000, 0));
  expect(t.incidents()).toMatchObject([{ status: 'resolved' }]);
});

it('is told of by a scrub that could not repair everything', () => {
  t = tryRule(zfsDataError);
  t.hear(scrub(0, 4, 'DEGRADED'));
  expect(t.incidents()).toMatchObject([{ cause: 'a scrub found 4 errors that it could not repair' }]);
});
