import { tryRule } from '../../testing/try-rule.ts';
import { replicationLag } from './rule.ts';

const NIGHT_S = Date.parse('2026-03-14T01:00:00Z') / 1_000;
const job = (lastMinute: number, change = {}) =>
  ({
    kind: 'job',
    jobType: 'replication',
    jobId: '110-0',
    node: 'pve1',
    enabled: true,
    schedule: '*/15',
    lastRun: NIGHT_S + lastMinute * 60,
    nextRun: NIGHT_S + (lastMinute + 15) * 60,
    failCount: 0,
    ...change,
  }) as const;

it('tells of a replication that has not run for three intervals', () => {
  const t = tryRule(replicationLag);
  t.watch(0, 50, job(0));
  expect(t.transitions()).toEqual([]);
  t.see(55, job(0));
  expect(t.incidents()).toMatchObject([
    { condition: 'replication.job.late', severity: 'warning', why: { threshold: 3, unit: 'intervals' } },
  ]);
  t.see(60, job(59));
  expect(t.transitions()).toEqual(['opened', 'resolved']);
  t.close();
});

it('says nothing of one that runs for long, fails, is off or has never run', () => {
  const t = tryRule(replicationLag);
  const silent = [{ running: true }, { failCount: 2 }, { enabled: false }, { lastRun: undefined }];
  t.watch(0, 120, ...silent.map((change, n) => job(0, { jobId: `11${n}-0`, ...change })));
  expect(t.transitions()).toEqual([]);
  t.close();
});
