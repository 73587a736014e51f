import { tryRule } from '../../testing/try-rule.ts';
import { verifyOverdue } from './rule.ts';

const NIGHT_S = Date.parse('2026-03-14T01:00:00Z') / 1_000;
const verify = (lastDay: number, change = {}) =>
  ({
    kind: 'job',
    jobType: 'verify',
    jobId: 'v-tank',
    node: 'pbs1',
    storage: 'tank',
    enabled: true,
    lastRun: NIGHT_S + lastDay * 86_400,
    ...change,
  }) as const;

it('tells of a verification that was not done for a month, until it is', () => {
  const t = tryRule(verifyOverdue);
  t.watch(0, 30, verify(-29));
  expect(t.transitions()).toEqual([]);
  t.watch(35, 65, verify(-31));
  expect(t.incidents()).toMatchObject([{ title: 'Verification of tank is overdue', severity: 'warning' }]);
  t.see(70, verify(0));
  expect(t.transitions()).toEqual(['opened', 'resolved']);
  t.close();
});

it('says nothing of a job that is off', () => {
  const t = tryRule(verifyOverdue);
  t.watch(0, 60, verify(-90, { enabled: false }));
  expect(t.transitions()).toEqual([]);
  t.close();
});
