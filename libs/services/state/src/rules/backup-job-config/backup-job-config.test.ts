import { tryRule } from '../../testing/try-rule.ts';
import { backupJobConfig } from './rule.ts';

const job = (change = {}) =>
  ({
    kind: 'job',
    jobType: 'backup',
    jobId: 'nightly',
    enabled: true,
    schedule: '02:00',
    ...change,
  }) as const;

it('is off until somebody wants it, and then tells of a job that never runs', () => {
  const off = tryRule(backupJobConfig);
  off.watch(0, 90, job({ enabled: false }));
  expect(off.transitions()).toEqual([]);
  off.close();
  const t = tryRule(backupJobConfig, { rules: { 'backup-job-config': { enabled: true } } });
  t.watch(
    0,
    60,
    job({ enabled: false }),
    job({ jobId: 'weekly' }),
    job({ jobId: 'by-hand', schedule: undefined }),
  );
  expect(t.incidents()).toMatchObject([
    { severity: 'info', title: 'Backup job nightly never runs', cause: 'it is disabled' },
    { title: 'Backup job by-hand never runs', cause: 'it is without schedule' },
  ]);
  t.see(65, job());
  expect(t.incidents()).toMatchObject([{ status: 'resolved' }, { status: 'open' }]);
  t.close();
});
