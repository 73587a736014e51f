import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule, type TriedRule } from '../../testing/try-rule.ts';
import { cephHealth } from './rule.ts';

let t: TriedRule;
afterEach(() => t.close());

const check = (type: 'raised' | 'cleared', second: number, code: string, facts = {}) =>
  sampleEvent({ type: `ceph.check.${type}`, second, facts: { fsid: 'f1', check: code, ...facts } });
const warns = { status: 'HEALTH_WARN', message: '1 osds down' };

it('is an incident for each check, a warning once it has lasted, critical when Ceph calls it an error', () => {
  t = tryRule(cephHealth);
  t.hear(
    check('raised', 0, 'OSD_DOWN', warns),
    check('raised', 0, 'PG_DAMAGED', { status: 'HEALTH_ERR', message: 'x' }),
  );
  expect(t.incidents()).toMatchObject([{ title: 'Ceph: PG_DAMAGED', severity: 'critical' }]);
  t.wait(310);
  expect(t.incidents()).toMatchObject([
    { title: 'Ceph: PG_DAMAGED' },
    { key: 'atlas|ceph/f1/OSD_DOWN|ceph.check.raised', severity: 'warning', cause: '1 osds down' },
  ]);
  t.hear(check('raised', 600, 'OSD_DOWN', { ...warns, status: 'HEALTH_ERR', from: 'HEALTH_WARN' }));
  t.hear(check('cleared', 900, 'PG_DAMAGED', { from: 'HEALTH_ERR' }));
  expect(t.incidents()).toMatchObject([{ status: 'resolved' }, { severity: 'critical', status: 'open' }]);
  expect(t.transitions().filter((word) => word === 'opened')).toHaveLength(2);
});

it('tells nobody of what Ceph mends before the next look', () => {
  t = tryRule(cephHealth);
  t.hear(
    check('raised', 0, 'PG_DEGRADED', warns),
    check('cleared', 299, 'PG_DEGRADED', { from: 'HEALTH_WARN' }),
  );
  t.wait(2_000);
  expect(t.incidents()).toEqual([]);
});
