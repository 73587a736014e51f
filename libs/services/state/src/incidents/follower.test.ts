import fc from 'fast-check';
import type { Incident } from '@proxmox-mcp/schemas';
import { openTestIngest, type TestIngest } from '../testing/open-ingest.ts';
import { NIGHTLY_UPID, iso, nightlyBackup, sampleEvent } from '../testing/sample-events.ts';

const SECOND_UPID = 'UPID:pve1:0003B000:0A6C11D3:69B60594:vzdump::root@pam:';
const DAY = 86_400;

function incidentsOf(t: TestIngest): Incident[] {
  const rows = t.history.db.prepare('SELECT body FROM incidents ORDER BY n').all();
  return rows.map((row) => JSON.parse(String(row['body'])) as Incident);
}

describe('incidents', () => {
  let t: TestIngest;
  beforeEach(() => {
    t = openTestIngest();
  });
  afterEach(() => t.close());

  it('makes one incident of a failed backup told by syslog, task list, task log and webhook', () => {
    t.feed(...nightlyBackup());
    const [incident, ...others] = incidentsOf(t);
    expect(others).toEqual([]);
    expect(t.transitions().filter((word) => word === 'opened')).toHaveLength(1);
    expect(incident).toMatchObject({
      status: 'open',
      severity: 'error',
      condition: 'backup.job.failed',
      key: 'atlas|node/pve1/job/backup-7c1e|backup.job.failed',
      node: 'pve1',
      storage: 'nas-backup',
      guest: { vmid: 104, kind: 'qemu' },
      occurrences: 1,
    });
    expect(incident?.cause).toBe(
      'Backup of 104 (vm104) to nas-backup failed: job failed with err -5 - Input/output error',
    );
  });

  it('makes the same one incident in whatever order the reports arrive, however often', () => {
    const reports = nightlyBackup();
    fc.assert(
      fc.property(
        fc.shuffledSubarray(reports, { minLength: reports.length }),
        fc.array(fc.constantFrom(...reports)),
        (order, again) => {
          const one = openTestIngest();
          try {
            one.feed(...order, ...again);
            const [incident, ...others] = incidentsOf(one);
            expect(others).toEqual([]);
            expect(one.transitions().filter((word) => word === 'opened')).toHaveLength(1);
            expect(incident).toMatchObject({ status: 'open', storage: 'nas-backup', occurrences: 1 });
            expect(incident?.cause).toContain('104 (vm104) to nas-backup failed: job failed with err -5');
            expect(incident?.facts).toContain(NIGHTLY_UPID);
          } finally {
            one.close();
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('tells it once too when the reports come all at once, in whatever order', () => {
    const reports = nightlyBackup();
    fc.assert(
      fc.property(
        fc.shuffledSubarray(reports, { minLength: reports.length }),
        fc.integer({ min: 2, max: reports.length }),
        (order, pieces) => {
          const one = openTestIngest();
          try {
            one.feedTogether(pieces, order);
            expect(incidentsOf(one)).toEqual([expect.objectContaining({ status: 'open', occurrences: 1 })]);
            expect(one.transitions().filter((word) => word === 'opened')).toHaveLength(1);
          } finally {
            one.close();
          }
        },
      ),
      { numRuns: 15 },
    );
  });

  it('is one occurrence when two channels bring the same notification and nothing else tells of the job', () => {
    const [webhook] = nightlyBackup().filter(({ channel }) => channel === 'webhook');
    if (webhook === undefined) throw new Error('the night has no notification');
    const { job_id: _, ...facts } = webhook.facts;
    t.feed(webhook, { ...webhook, id: 'mail', channel: 'email', facts });
    expect(incidentsOf(t)).toEqual([expect.objectContaining({ occurrences: 1 })]);
    expect(t.facts.get(`event/${[webhook.id, 'mail'].sort()[0]}`)?.members).toHaveLength(2);
  });

  it('is the same incident when the job fails again the next night, once more counted', () => {
    t.feed(...nightlyBackup());
    t.feed(...nightlyBackup({ upid: SECOND_UPID, pid: 0x3b000, from: DAY }));
    expect(incidentsOf(t)).toEqual([expect.objectContaining({ occurrences: 2, status: 'open' })]);
    expect(t.transitions().filter((word) => word === 'opened')).toHaveLength(1);
  });

  it('resolves when the job succeeds the next night, in whatever order the two nights arrive', () => {
    const reports = [
      ...nightlyBackup(),
      ...nightlyBackup({ upid: SECOND_UPID, pid: 0x3b000, from: DAY, failed: [], ok: [101, 104] }),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(reports, { minLength: reports.length }), (order) => {
        const one = openTestIngest();
        try {
          one.feed(...order);
          expect(incidentsOf(one).filter((incident) => incident.status !== 'resolved')).toEqual([]);
        } finally {
          one.close();
        }
      }),
      { numRuns: 25 },
    );
  });

  it('keeps two jobs of one node apart, although nothing but the task end was known at first', () => {
    t.feed(...nightlyBackup());
    t.feed(
      ...nightlyBackup({
        upid: SECOND_UPID,
        pid: 0x3b000,
        from: 3_600,
        jobId: 'backup-bbb',
        failed: [205],
        ok: [206],
      }),
    );
    expect(incidentsOf(t).map((incident) => [incident.key, incident.status, incident.occurrences])).toEqual([
      ['atlas|node/pve1/job/backup-7c1e|backup.job.failed', 'open', 1],
      ['atlas|node/pve1/job/backup-bbb|backup.job.failed', 'open', 1],
    ]);
  });

  it('does not let another job that succeeds resolve it', () => {
    t.feed(...nightlyBackup());
    t.feed(
      ...nightlyBackup({
        upid: SECOND_UPID,
        pid: 0x3b000,
        from: 3_600,
        jobId: 'backup-bbb',
        failed: [],
        ok: [205],
      }),
    );
    expect(incidentsOf(t)).toEqual([expect.objectContaining({ status: 'open' })]);
  });

  it('keeps an acknowledgement when more reports of the same problem arrive', () => {
    const reports = nightlyBackup();
    t.feed(...reports.slice(0, 5));
    const id = incidentsOf(t)[0]?.id ?? '';
    t.run(() => t.follower.command({ id, op: 'acknowledge', by: 'ada' }));
    t.feed(...reports.slice(5), ...nightlyBackup({ upid: SECOND_UPID, pid: 0x3b000, from: DAY }));
    expect(incidentsOf(t)).toEqual([
      expect.objectContaining({ status: 'acknowledged', acknowledgedBy: 'ada' }),
    ]);
  });

  it('does not open anew what was resolved by hand when a late report of the same run arrives', () => {
    const reports = nightlyBackup();
    t.feed(...reports.slice(0, -1));
    const id = incidentsOf(t)[0]?.id ?? '';
    t.run(() => t.follower.command({ id, op: 'resolve', by: 'ada' }));
    t.feed(...reports.slice(-1));
    expect(incidentsOf(t)).toEqual([expect.objectContaining({ id, status: 'resolved' })]);
    expect(t.transitions().at(-1)).toBe('resolved');
  });

  it('makes none of a task that a person cancelled, nor of a console', () => {
    const upid = 'UPID:pve1:00000001:00000001:69B4B314:vzdump:104:root@pam:';
    t.feed(
      sampleEvent({
        type: 'backup.job.failed',
        node: 'pve1',
        upid,
        facts: { cancelled: true, error: 'interrupted by signal' },
      }),
      sampleEvent({ type: 'console.session.failed', node: 'pve1', upid: upid.replace('vzdump', 'vncproxy') }),
    );
    expect(incidentsOf(t)).toEqual([]);
  });

  it('opens for a guest that did not start and resolves when it runs', () => {
    const upid = 'UPID:pve2:00000001:00000001:69B4B314:qmstart:104:root@pam:';
    const guest = { kind: 'qemu', vmid: 104 } as const;
    t.feed(
      sampleEvent({
        type: 'guest.start.failed',
        node: 'pve2',
        guest,
        upid,
        facts: { error: 'no such disk' },
      }),
    );
    expect(incidentsOf(t)).toEqual([
      expect.objectContaining({ status: 'open', cause: 'Guest start of 104 failed: no such disk', guest }),
    ]);
    t.feed(sampleEvent({ type: 'guest.state.running', node: 'pve2', guest, second: 60 }));
    expect(incidentsOf(t)).toEqual([
      expect.objectContaining({ status: 'resolved', resolution: 'recovered' }),
    ]);
  });

  it('tells once of a node that is offline, and resolves only when it is seen online', () => {
    const offline = (second: number) => sampleEvent({ type: 'node.state.offline', node: 'pve2', second });
    t.feed(offline(0), offline(5), sampleEvent({ type: 'node.state.unknown', node: 'pve2', second: 10 }));
    t.run(() =>
      t.follower.trouble({
        condition: 'node.state.offline',
        anchor: 'pve2',
        object: 'node/pve2',
        severity: 'error',
        product: 'pve',
        title: 'x',
        at: iso(7),
        cluster: 'atlas',
        node: 'pve2',
      }),
    );
    expect(incidentsOf(t)).toEqual([
      expect.objectContaining({ key: 'atlas|node/pve2|node.state.offline', status: 'open', occurrences: 1 }),
    ]);
    t.feed(sampleEvent({ type: 'node.state.online', node: 'pve2', second: 60 }));
    expect(incidentsOf(t)).toEqual([
      expect.objectContaining({ status: 'resolved', resolution: 'recovered' }),
    ]);
    t.feed(offline(20));
    expect(incidentsOf(t)).toHaveLength(1);
    t.feed(offline(120));
    expect(incidentsOf(t).map((incident) => incident.status)).toEqual(['resolved', 'open']);
  });

  it('makes one incident of a node that goes offline and is fenced, graver and explained by the fencing', () => {
    const fence = sampleEvent({ type: 'node.fence.started', node: 'pve2', second: 60, severity: 'critical' });
    t.feed(sampleEvent({ type: 'node.state.offline', node: 'pve2', second: 10 }), fence);
    expect(incidentsOf(t)).toEqual([
      expect.objectContaining({
        severity: 'critical',
        cause: 'pve2 was lost and is being fenced by HA',
        facts: [expect.any(String), expect.any(String)],
      }),
    ]);
    expect(t.transitions()).toEqual(['opened', 'updated']);
  });

  it('hears of the end of a node and of its return from the HA manager alone', () => {
    const ha = (from: string, to: string, second: number) =>
      sampleEvent({
        type: 'ha.node.state.changed',
        channel: 'syslog',
        node: 'pve2',
        second,
        facts: { from, to, reporter: 'pve1' },
      });
    t.feed(ha('online', 'unknown', 20));
    expect(incidentsOf(t)).toEqual([
      expect.objectContaining({ condition: 'node.state.offline', severity: 'error', status: 'open' }),
    ]);
    t.feed(ha('unknown', 'fence', 80), ha('fence', 'unknown', 140), ha('unknown', 'online', 300));
    expect(incidentsOf(t)).toEqual([
      expect.objectContaining({ status: 'resolved', resolution: 'recovered' }),
    ]);
  });

  it('does not take a silent HA agent, which is all the API tells, for a node that is gone', () => {
    const facts = { from: 'online', to: 'unknown' };
    t.feed(sampleEvent({ type: 'ha.node.state.changed', node: 'pve2', facts }));
    expect(incidentsOf(t)).toEqual([]);
  });

  it('names guest and storage from the first line on, where polling knows the guest and the job told where it writes', () => {
    t.close();
    t = openTestIngest({ guestOf: (_, vmid) => ({ kind: 'qemu', vmid, name: `vm${vmid}` }) });
    const [start, ...rest] = nightlyBackup();
    const line = sampleEvent({ type: 'backup.job.started', channel: 'syslog', node: 'pve1', storage: 'nas-backup', second: 1, facts: { worker_pid: 238066 } }); // prettier-ignore
    const failed = rest.filter((event) => event.type === 'backup.guest.failed');
    t.feed(...[start, line, ...failed].filter((event) => event !== undefined));
    expect(incidentsOf(t)).toEqual([
      expect.objectContaining({
        title: 'Backup of 104 (vm104) failed on pve1',
        cause: 'Backup of 104 (vm104) to nas-backup failed: job failed with err -5 - Input/output error',
        storage: 'nas-backup',
        guest: { kind: 'qemu', vmid: 104, name: 'vm104' },
      }),
    ]);
  });

  it('is about no single guest once a second one of the job has failed, and names both', () => {
    const both = nightlyBackup({ failed: [104, 105] }).filter(
      (event) => event.type === 'backup.guest.failed',
    );
    t.feed(...both);
    const [incident, ...others] = incidentsOf(t);
    expect(others).toEqual([]);
    expect(incident?.title).toBe('Backup of 104, 105 failed on pve1');
    expect(incident?.guest).toBeUndefined();
  });

  it('lets a better conclusion replace the cause that an earlier one gave', () => {
    t.feed(sampleEvent({ type: 'node.state.offline', node: 'pve2' }));
    const incidentId = incidentsOf(t)[0]?.id ?? '';
    for (const claim of ['down', 'fenced']) {
      const finding = {
        id: `rb-01/${claim}`,
        runbook: 'rb-01',
        claim,
        confidence: 'high' as const,
        evidence: [],
        ruledOut: [],
        nextSteps: [],
        at: iso(1),
      };
      t.run(() =>
        t.follower.diagnosis({ incidentId, runbook: 'rb-01', findings: [finding], missing: [], at: iso(1) }),
      );
    }
    expect(incidentsOf(t)[0]).toMatchObject({ cause: 'fenced', findings: [{ claim: 'fenced' }] });
  });

  it('resolves a job that failed before its first guest when the node backs up to that storage again', () => {
    const upid = (start: string) => `UPID:pve2:0002E20F:1557F5FC:${start}:vzdump::root@pam:`;
    const common = { node: 'pve2', storage: 'nas-backup' };
    t.feed(
      sampleEvent({
        type: 'backup.job.failed',
        ...common,
        upid: upid('69B4B314'),
        facts: { error: 'storage is not online' },
      }),
    );
    t.feed(
      sampleEvent({
        type: 'backup.job.succeeded',
        node: 'pve2',
        storage: 'other',
        upid: upid('69B4B400'),
        second: 300,
      }),
    );
    expect(incidentsOf(t)).toEqual([expect.objectContaining({ status: 'open' })]);
    t.feed(
      sampleEvent({
        type: 'backup.job.succeeded',
        ...common,
        upid: upid('69B4B500'),
        second: 600,
        facts: { guests: [{ vmid: 101, status: 'ok' }] },
      }),
    );
    expect(incidentsOf(t)).toEqual([
      expect.objectContaining({ status: 'resolved', resolution: 'succeeded' }),
    ]);
  });

  it('counts the second failure of a replication as another occurrence', () => {
    const failed = (count: number) =>
      sampleEvent({
        type: 'replication.job.failed',
        channel: 'webhook',
        node: 'pve1',
        second: count * 600,
        guest: { kind: 'unknown', vmid: 110 },
        facts: { job_id: '110-0', failure_count: count, error: 'exit code 255' },
      });
    t.feed(failed(1), failed(2));
    expect(incidentsOf(t)).toEqual([
      expect.objectContaining({ occurrences: 2, condition: 'replication.job.failed' }),
    ]);
    t.run(() =>
      t.follower.recovery({
        condition: 'replication.job',
        anchor: '110-0',
        cluster: 'atlas',
        title: 'ok',
        at: iso(1_800),
      }),
    );
    expect(incidentsOf(t)).toEqual([expect.objectContaining({ status: 'resolved' })]);
  });

  it('attaches findings, and does not tell the same finding twice', () => {
    t.feed(...nightlyBackup());
    const incidentId = incidentsOf(t)[0]?.id ?? '';
    const finding = {
      id: 'rb-32/io-error',
      runbook: 'rb-32',
      claim: 'the disk of 104 has errors',
      confidence: 'high' as const,
      evidence: [],
      ruledOut: [],
      nextSteps: [],
      at: iso(500),
    };
    const before = t.transitions().length;
    t.run(() =>
      t.follower.diagnosis({ incidentId, runbook: 'rb-32', findings: [finding], missing: [], at: iso(500) }),
    );
    t.run(() =>
      t.follower.diagnosis({
        incidentId,
        runbook: 'rb-32',
        findings: [{ ...finding, at: iso(600) }],
        missing: [],
        at: iso(600),
      }),
    );
    expect(t.transitions()).toHaveLength(before + 1);
    expect(incidentsOf(t)[0]?.findings).toEqual([finding]);
  });

  it('never has two unresolved incidents of one key, nor a revision twice, whatever happens', () => {
    const nights = [0, 1, 2].flatMap((night) =>
      nightlyBackup({
        upid: NIGHTLY_UPID.replace('69B4B314', `69B4B31${night}`),
        pid: 0x3a1f2,
        from: night * DAY,
        failed: night === 2 ? [] : [104],
        ok: night === 2 ? [101, 104] : [101],
      }),
    );
    const op = fc.constantFrom('acknowledge', 'resolve', 'reopen', 'comment', 'assign', 'snooze');
    const step = fc.oneof(fc.constantFrom(...nights), op);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const one = openTestIngest();
        try {
          for (const item of steps) {
            if (typeof item !== 'string') one.feed(item);
            else
              for (const { id } of incidentsOf(one))
                one.run(() =>
                  one.follower.command({
                    id,
                    op: item,
                    by: 'ada',
                    note: 'x',
                    until: '2026-03-15T00:00:00.000Z',
                  }),
                );
          }
          const keys = incidentsOf(one)
            .filter((incident) => incident.status !== 'resolved')
            .map((incident) => incident.key);
          expect(new Set(keys).size).toBe(keys.length);
          const told = one.told().filter(({ subject }) => subject.startsWith('incidents.'));
          expect(new Set(told.map(({ id }) => id)).size).toBe(told.length);
          const opened = told.filter(({ subject }) => subject.endsWith('.opened')).map(({ body }) => body.id);
          expect(new Set(opened).size).toBe(opened.length);
        } finally {
          one.close();
        }
      }),
      { numRuns: 25 },
    );
  });
});
