import fc from 'fast-check';
import type { Event } from '@proxmox-mcp/schemas';
import { openTestIngest } from '../testing/open-ingest.ts';
import { NIGHTLY_UPID, iso, nightlyBackup, sampleEvent } from '../testing/sample-events.ts';
import { assembleFact } from './assemble-fact.ts';

const OF_TASK = nightlyBackup().filter((event) => event.upid === NIGHTLY_UPID);

describe('assembleFact', () => {
  it('makes the same fact of the same reports in any order and any number of copies', () => {
    const expected = assembleFact(NIGHTLY_UPID, OF_TASK);
    fc.assert(
      fc.property(
        fc.shuffledSubarray(OF_TASK, { minLength: OF_TASK.length }),
        fc.array(fc.constantFrom(...OF_TASK)),
        (order, again) => {
          expect(assembleFact(NIGHTLY_UPID, [...again, ...order])).toEqual(expected);
        },
      ),
    );
  });

  it('does not reopen when the start arrives after the end', () => {
    const [start, end] = [OF_TASK[0], OF_TASK.at(-1)] as [Event, Event];
    expect(assembleFact(NIGHTLY_UPID, [end, start]).fact).toMatchObject({
      type: 'backup.job.failed',
      startedAt: '2026-03-14T01:00:00.000Z',
      endedAt: '2026-03-14T01:07:27.000Z',
    });
  });

  it('lets failed beat unknown, and a real reason an empty one', () => {
    const common = { node: 'pve1', upid: NIGHTLY_UPID };
    const unknown = sampleEvent({ type: 'backup.job.unknown', ...common, status: 'unexpected status', facts: { error: 'unexpected status', endtime: 1_773_450_447 } }); // prettier-ignore
    const failed = sampleEvent({ type: 'backup.job.failed', channel: 'webhook', node: 'pve1', facts: { error: "can't acquire lock" } }); // prettier-ignore
    expect(assembleFact(NIGHTLY_UPID, [failed, unknown]).fact).toMatchObject({
      type: 'backup.job.failed',
      severity: 'error',
      facts: { error: "can't acquire lock" },
    });
  });

  it('shows the newest progress while the task runs and none after', () => {
    const [start] = OF_TASK as [Event];
    const progress = (percent: number, second: number) =>
      sampleEvent({ type: 'backup.guest.progress', node: 'pve1', upid: NIGHTLY_UPID, second, guest: { kind: 'qemu', vmid: 101 }, facts: { percent } }); // prettier-ignore
    const running = assembleFact(NIGHTLY_UPID, [progress(80, 20), start, progress(40, 10)]).fact;
    expect(running).toMatchObject({
      type: 'backup.job.started',
      facts: { progress: { percent: 80, vmid: 101 } },
    });
    expect(running.endedAt).toBeUndefined();
    expect(running.guest).toBeUndefined();
    expect(assembleFact(NIGHTLY_UPID, [...OF_TASK, progress(99, 446)]).fact.facts).not.toHaveProperty(
      'progress',
    );
  });
});

describe('facts of a stream', () => {
  it('merges notification and task into one fact in any order of arrival', () => {
    const reports = nightlyBackup();
    fc.assert(
      fc.property(fc.shuffledSubarray(reports, { minLength: reports.length }), (order) => {
        const t = openTestIngest();
        try {
          t.feed(...order);
          const fact = t.facts.get(NIGHTLY_UPID);
          expect(fact).toMatchObject({
            type: 'backup.job.failed',
            node: 'pve1',
            storage: 'nas-backup',
            facts: { job_id: 'backup-7c1e', guests_ok: [101], guests_failed: [104] },
          });
          expect(fact?.members).toHaveLength(6);
        } finally {
          t.close();
        }
      }),
      { numRuns: 20 },
    );
  });

  it('makes the worker lines of a guest a part of the task, in any order of arrival', () => {
    const reports = nightlyBackup();
    const line = reports.find((event) => event.type === 'backup.guest.failed') as Event;
    const begun: Event = { ...line, id: 'begun', type: 'backup.guest.started', severity: 'info' };
    const laterPid: Event = { ...line, id: 'later', occurredAt: iso(86_400) };
    const lines = [...reports, begun, laterPid];
    fc.assert(
      fc.property(fc.shuffledSubarray(lines, { minLength: lines.length }), (order) => {
        const t = openTestIngest();
        try {
          t.feed(...order);
          expect(t.facts.get(`${NIGHTLY_UPID}/104`)).toMatchObject({
            type: 'backup.guest.failed',
            links: [{ relation: 'parent', to: NIGHTLY_UPID }],
          });
          expect(t.facts.get(`${NIGHTLY_UPID}/104`)?.members).toContain('begun');
        } finally {
          t.close();
        }
      }),
      { numRuns: 15 },
    );
  });

  it('tells two jobs apart that end 12 s apart on one node, by the guests, whatever came first', () => {
    const first = nightlyBackup({ jobId: 'backup-aaa', ok: [101, 104], failed: [] });
    const other = NIGHTLY_UPID.replace('0003A1F2', '0003A1F3');
    const second = nightlyBackup({
      upid: other,
      jobId: 'backup-bbb',
      pid: 1,
      from: 12,
      ok: [110],
      failed: [111],
    });
    const reports = [...first, ...second];
    fc.assert(
      fc.property(fc.shuffledSubarray(reports, { minLength: reports.length }), (order) => {
        const t = openTestIngest();
        try {
          t.feed(...order);
          expect(t.facts.get(NIGHTLY_UPID)?.facts['job_id']).toBe('backup-aaa');
          expect(t.facts.get(other)?.facts['job_id']).toBe('backup-bbb');
        } finally {
          t.close();
        }
      }),
      { numRuns: 20 },
    );
  });

  it('does not merge by time alone when two tasks may be meant', () => {
    const t = openTestIngest();
    const bare = (upid: string) =>
      sampleEvent({ type: 'backup.job.failed', node: 'pve1', upid, status: 'job errors', second: 447 });
    const notification = nightlyBackup().find((event) => event.channel === 'webhook') as Event;
    t.feed(bare(NIGHTLY_UPID), bare(NIGHTLY_UPID.replace('0003A1F2', '0003A1F3')), notification);
    expect(t.facts.get(NIGHTLY_UPID)?.members).toHaveLength(1);
    expect(t.facts.get(`event/${notification.id}`)).toMatchObject({ type: 'backup.job.failed' });
    t.close();
  });
});
