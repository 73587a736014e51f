import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule } from '../../testing/try-rule.ts';
import { replicationFailing } from './rule.ts';

const job = (failCount: number | undefined, change = {}) =>
  ({
    kind: 'job',
    jobType: 'replication',
    jobId: '110-0',
    node: 'pve1',
    enabled: true,
    schedule: '*/15',
    ...(failCount === undefined ? {} : { failCount }),
    ...change,
  }) as const;

it('makes worse the incident that the first failure opened, and one of what was failing before', () => {
  const t = tryRule(replicationFailing);
  t.hear(
    sampleEvent({
      type: 'replication.job.failed',
      severity: 'error',
      node: 'pve1',
      guest: { kind: 'unknown', vmid: 110 },
      facts: { job_id: '110-0', failure_count: 1 },
      second: 0,
    }),
  );
  t.see(1, job(1));
  t.see(30, job(3));
  t.see(31, job(4, { jobId: '205-0' }));
  expect(t.incidents()).toMatchObject([
    {
      condition: 'replication.job.failed',
      severity: 'critical',
      why: { rule: 'replication-failing', value: 3 },
    },
    { key: 'atlas|node/pve1/job/205-0|replication.job.failed', severity: 'critical' },
  ]);
  t.see(60, job(0), job(0, { jobId: '205-0' }));
  expect(t.incidents()).toMatchObject([{ status: 'resolved' }, { status: 'resolved' }]);
  t.close();
});

it('says nothing of a job that is off or does not tell', () => {
  const t = tryRule(replicationFailing);
  t.watch(0, 20, job(5, { enabled: false }), job(undefined, { jobId: '205-0' }));
  expect(t.transitions()).toEqual([]);
  t.close();
});
