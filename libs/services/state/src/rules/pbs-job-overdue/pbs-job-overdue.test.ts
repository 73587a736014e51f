import { tryRule } from '../../testing/try-rule.ts';
import { pbsJobOverdue } from './rule.ts';

const NIGHT_S = Date.parse('2026-03-14T01:00:00Z') / 1_000;
const sync = (lastHour: number, change = {}) =>
  ({
    kind: 'job',
    jobType: 'sync',
    jobId: 's-offsite',
    node: 'pbs1',
    storage: 'tank',
    enabled: true,
    lastRun: NIGHT_S + lastHour * 3_600,
    nextRun: NIGHT_S + (lastHour + 24) * 3_600,
    ...change,
  }) as const;

it('tells of a sync that has missed a run, and of the next one', () => {
  const t = tryRule(pbsJobOverdue);
  t.watch(0, 30, sync(-40));
  expect(t.transitions()).toEqual([]);
  t.watch(35, 65, sync(-49));
  expect(t.incidents()).toMatchObject([
    { condition: 'backup.job.overdue', title: 'Sync job s-offsite is overdue', severity: 'warning' },
  ]);
  t.see(70, sync(1));
  expect(t.transitions()).toEqual(['opened', 'resolved']);
  t.close();
});

it('says nothing of one that is off, has never run, or is of another kind', () => {
  const t = tryRule(pbsJobOverdue);
  t.watch(0, 60, sync(-99, { enabled: false }), sync(0, { jobId: 'new', lastRun: undefined }));
  t.watch(65, 120, sync(-99, { jobType: 'verify', jobId: 'v' }));
  expect(t.transitions()).toEqual([]);
  t.close();
});
