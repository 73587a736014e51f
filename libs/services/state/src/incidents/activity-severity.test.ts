import { openTestIngest, type TestIngest } from '../testing/open-ingest.ts';
import { sampleEvent } from '../testing/sample-events.ts';

let t: TestIngest;
beforeEach(() => {
  t = openTestIngest();
});
afterEach(() => t.close());

it('a replication is a warning at first, critical from the third failure in a row', () => {
  const failed = (count: number) =>
    sampleEvent({
      type: 'replication.job.failed',
      node: 'pve1',
      guest: { kind: 'qemu', vmid: 101 },
      second: count * 1_800,
      facts: { job_id: '101-0', failure_count: count, error: 'no route to host' },
    });
  t.feed(failed(1), failed(2));
  expect(t.allIncidents()).toMatchObject([{ severity: 'warning', occurrences: 2 }]);
  t.feed(failed(3));
  expect(t.allIncidents()).toMatchObject([{ severity: 'critical' }]);
});

it('a verification is critical when it names what is damaged, an error when it did not come that far', () => {
  const verify = (pid: string, second: number, facts: Record<string, unknown>) =>
    sampleEvent({
      type: 'backup.verify.failed',
      product: 'pbs',
      cluster: 'pbs1',
      node: 'pbs1',
      storage: 'store1',
      upid: `UPID:pbs1:${pid}:0A5C11D3:00000001:69B4B314:verificationjob:store1\\x3av\\x2d${pid}:root@pam:`,
      second,
      facts: {
        datastore: 'store1',
        job_id: pid,
        error: 'verification failed - please check the log for details',
        ...facts,
      },
    });
  t.feed(verify('0003A1F2', 0, {}), verify('0003A1F3', 10, { failed: ['vm/101/2026-03-14T01:00:04Z'] }));
  expect(t.allIncidents()).toMatchObject([{ severity: 'error' }, { severity: 'critical' }]);
});
