import { tryRule } from '../../testing/try-rule.ts';
import { gcOverdue } from './rule.ts';

const NIGHT_S = Date.parse('2026-03-14T01:00:00Z') / 1_000;
const gc = (lastDay: number | undefined, change = {}) =>
  ({
    kind: 'job',
    jobType: 'gc',
    jobId: 'tank',
    node: 'pbs1',
    storage: 'tank',
    enabled: false,
    ...(lastDay === undefined ? {} : { lastRun: NIGHT_S + lastDay * 86_400 }),
    ...change,
  }) as const;

it('tells of a garbage collection that nobody starts, until it has run', () => {
  const t = tryRule(gcOverdue);
  t.watch(0, 30, gc(-7));
  expect(t.transitions()).toEqual([]);
  t.watch(35, 65, gc(-9));
  expect(t.incidents()).toMatchObject([
    {
      severity: 'warning',
      cause: 'its last run was 9 days ago, and it has no schedule',
      why: { threshold: 8 },
    },
  ]);
  t.see(70, gc(0));
  expect(t.transitions()).toEqual(['opened', 'resolved']);
  t.close();
});

it('says nothing of one that is planned once a month, or has never run', () => {
  const t = tryRule(gcOverdue);
  const monthly = { enabled: true, schedule: 'monthly', nextRun: NIGHT_S + 10 * 86_400 };
  t.watch(0, 60, gc(-20, monthly), gc(undefined, { jobId: 'new' }));
  expect(t.transitions()).toEqual([]);
  t.close();
});
