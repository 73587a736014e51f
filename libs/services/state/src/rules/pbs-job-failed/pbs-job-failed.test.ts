import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule } from '../../testing/try-rule.ts';
import { pbsJobFailed } from './rule.ts';

const UPID = 'UPID:pbs1:0000035F:00000A1B:00000001:69B4B390:verificationjob:tank\\x3av\\x2dtank:root@pam:';
const verify = (lastRunState: string | undefined, change = {}) =>
  ({
    kind: 'job',
    jobType: 'verify',
    jobId: 'v-tank',
    node: 'pbs1',
    storage: 'tank',
    enabled: true,
    product: 'pbs',
    cluster: 'pbs1',
    lastRunUpid: UPID,
    ...(lastRunState === undefined ? {} : { lastRunState }),
    ...change,
  }) as const;

it('tells of a job that failed before anybody looked, as critical when backups are corrupt', () => {
  const t = tryRule(pbsJobFailed);
  t.watch(0, 10, verify('verification failed - please check the log for details'));
  expect(t.transitions()).toEqual([]);
  t.see(15, verify('verification failed - please check the log for details'));
  expect(t.incidents()).toMatchObject([
    { severity: 'critical', title: 'Verify job v-tank failed', storage: 'tank', product: 'pbs' },
  ]);
  t.watch(20, 60, verify(undefined));
  t.see(65, verify('WARNINGS: 2'));
  expect(t.transitions()).toEqual(['opened', 'resolved']);
  t.close();
});

it('leaves a failure to the incident of its task', () => {
  const t = tryRule(pbsJobFailed);
  t.hear(
    sampleEvent({
      type: 'backup.verify.failed',
      product: 'pbs',
      cluster: 'pbs1',
      node: 'pbs1',
      storage: 'tank',
      upid: UPID,
      status: 'connection error',
      second: 0,
    }),
  );
  const before = t.incidents().length;
  t.watch(0, 60, verify('connection error'));
  expect(t.incidents()).toHaveLength(before);
  t.close();
});
