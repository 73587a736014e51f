import { tryRule, type TriedRule } from '../../testing/try-rule.ts';
import { datastoreUnavailable } from './rule.ts';

let t: TriedRule;
afterEach(() => t.close());

const store = (status: 'available' | 'unavailable', error?: string) =>
  ({
    kind: 'datastore',
    product: 'pbs',
    cluster: 'pbs1',
    node: 'pbs1',
    datastore: 'store1',
    status,
    ...(error === undefined ? {} : { error }),
  }) as const;
const GONE = 'unable to open chunk store: No such file or directory';

it('tells of a datastore that stays away, with its error, until it is seen again', () => {
  t = tryRule(datastoreUnavailable);
  t.see(0, store('available'));
  t.see(1, store('unavailable', GONE));
  t.see(2, store('unavailable', GONE));
  expect(t.incidents()).toEqual([]);
  t.see(3, store('unavailable', GONE));
  expect(t.incidents()).toMatchObject([
    {
      key: 'pbs1|datastore/store1|datastore.state.unavailable',
      severity: 'error',
      product: 'pbs',
      cause: `store1 cannot be used: ${GONE}`,
    },
  ]);
  t.see(4, store('available'));
  expect(t.incidents()).toMatchObject([{ status: 'resolved', resolution: 'recovered' }]);
});

it('says nothing of one that somebody has put into maintenance', () => {
  t = tryRule(datastoreUnavailable);
  for (const minute of [0, 5, 10])
    t.see(minute, store('unavailable', 'datastore is in offline maintenance mode: disks'));
  expect(t.incidents()).toEqual([]);
});
