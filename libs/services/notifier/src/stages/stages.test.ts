import fc from 'fast-check';
import type { Incident } from '@proxmox-mcp/schemas';
import { sampleIncident, sampleNotification, sampleResolved } from '../testing/samples.ts';
import { NotifyFile } from '../policy/notify-file.ts';
import { decide } from './decide.ts';
import { dedupOpening, notificationId, openingIdOf, resolutionOwed } from './dedup.ts';
import { receiptOf } from './record.ts';
import { duration, renderIncident } from './render.ts';
import { planRetry, RETRY_POLICY } from './retry.ts';
import { routeIncident } from './route.ts';
import { settleDelay } from './group.ts';
import { isStale } from './stale.ts';

const NOW = Date.parse('2026-03-14T01:10:00.000Z');
const receipt = (status: 'pending' | 'sent' | 'failed' | 'suppressed') =>
  receiptOf(sampleNotification(), { status, attempts: 0 }, NOW);

describe('without a notify.yaml', () => {
  const policy = {
    minSeverity: 'warning',
    channels: ['gotify', 'ntfy'],
    file: NotifyFile.parse({}),
  } as const;
  it.each([
    [{}, 'not-quiet'],
    [{ severity: 'warning' }, 'not-quiet'],
    [{ severity: 'critical' }, 'critical'],
    [{ severity: 'notice' }, 'below-min-severity'],
    [{ status: 'resolved' }, 'resolved-before-sent'],
    [{ status: 'suppressed' }, 'incident-suppressed'],
    [{ status: 'acknowledged' }, 'not-quiet'],
    [{ snoozedUntil: '2026-03-14T02:00:00.000Z' }, 'snoozed'],
    [{ snoozedUntil: '2026-03-14T01:00:00.000Z' }, 'not-quiet'],
  ] as const)('an incident that is %j goes to every channel or none: %s', (change, reason) => {
    const incident = sampleIncident(change);
    const [target, ...others] = routeIncident(incident, policy, NOW);
    expect(others).toEqual([]);
    expect(target).toMatchObject({ route: 'default', channels: policy.channels, ladder: [] });
    if (target === undefined) return;
    expect(decide(incident, target, { policy, silences: [], now: NOW }).end.reason).toBe(reason);
  });
});

describe('settle', () => {
  const policy = { groupWaitMs: 5_000, nodeGraceMs: 120_000 };
  /** How long it waits in all, if nothing more becomes known. */
  const waitOf = (incident: Incident, of = policy) => {
    let total = 0;
    for (let deliveries = 1; deliveries < 1_000; deliveries++) {
      const delay = settleDelay(incident, deliveries, of);
      if (delay === 0) return total;
      total += delay;
    }
    return Infinity;
  };
  const offline = (change: Partial<Incident> = {}) =>
    sampleIncident({ condition: 'node.state.offline', ...change });
  const finding = (id: string) => ({
    id,
    runbook: 'rb',
    claim: 'so it is',
    confidence: 'high' as const,
    evidence: [],
    ruledOut: [],
    nextSteps: [],
    at: '2026-03-14T01:07:31.000Z',
  });

  it.each<[string, Incident, number]>([
    ['the group wait where the story may grow', sampleIncident(), 5_000],
    [
      'no longer once guest, storage, error and finding are known',
      sampleIncident({ findings: [finding('rb-32/read-error')] }),
      0,
    ],
    [
      'the group wait while the guest has no name',
      sampleIncident({ guest: { kind: 'qemu', vmid: 104 }, findings: [finding('rb-32/read-error')] }),
      5_000,
    ],
    ['the grace of a node that may come back', offline(), 120_000],
    ['ten minutes for a node that was restarted on purpose', offline({ findings: [finding('rb-01/planned-restart')] }), 600_000], // prettier-ignore
    ['the group wait for a node that is fenced', offline({ severity: 'critical' }), 5_000],
  ])('waits %s', (_, incident, expected) => {
    expect(waitOf(incident)).toBe(expected);
  });

  it('waits for nothing where both waits are switched off', () => {
    const off = { groupWaitMs: 0, nodeGraceMs: 0 };
    const planned = offline({ findings: [finding('rb-01/planned-restart')] });
    expect([sampleIncident(), offline(), planned].map((incident) => waitOf(incident, off))).toEqual([
      0, 0, 0,
    ]);
  });
});

describe('dedup', () => {
  it('finds the opening of a resolution, whatever the incident is called', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Za-z0-9_-]{1,80}$/),
        fc.constantFrom('gotify', 'home-assistant', 'resolved'),
        fc.nat(3),
        (id, channel, reopened) => {
          const timeline = Array.from({ length: reopened }, () => ({
            at: '2026-03-14T01:00:00.000Z',
            what: 'reopened',
            text: '',
          }));
          const incident = sampleIncident({ id, timeline });
          expect(openingIdOf(notificationId(incident, 'resolved', channel), channel)).toBe(
            notificationId(incident, 'opened', channel),
          );
        },
      ),
    );
  });

  it('knows no opening of anything else', () => {
    expect(openingIdOf(notificationId(sampleIncident(), 'opened', 'ntfy'), 'ntfy')).toBeUndefined();
    expect(openingIdOf('message-1', 'ntfy')).toBeUndefined();
  });

  it('lets an opening through until it is settled', () => {
    expect(dedupOpening(undefined)).toBe('first');
    expect(dedupOpening(receipt('pending'))).toBe('again');
    for (const status of ['sent', 'failed', 'suppressed'] as const)
      expect(dedupOpening(receipt(status))).toBe('settled');
  });

  it('owes a resolution exactly when the opening was sent', () => {
    expect(resolutionOwed(receipt('sent'))).toEqual({ kind: 'owed' });
    expect(resolutionOwed(receipt('pending'))).toEqual({ kind: 'wait' });
    expect(resolutionOwed(receipt('failed'))).toEqual({ kind: 'not-owed', reason: 'opening-not-sent' });
    expect(resolutionOwed(receipt('suppressed'))).toEqual({ kind: 'not-owed', reason: 'opening-not-sent' });
    expect(resolutionOwed(undefined)).toEqual({ kind: 'not-owed', reason: 'no-opening' });
  });
});

describe('retry', () => {
  const failed = (change: object = {}) => ({ retryable: true, attempts: 1, firstAttemptAt: NOW, ...change });
  const delay = (change: object, random: number) => {
    const plan = planRetry(failed(change), RETRY_POLICY, NOW, random);
    return plan.kind === 'retry' ? plan.delayMs : plan.reason;
  };

  it('doubles the wait up to ten minutes, with jitter over the upper half', () => {
    expect([1, 2, 3, 8, 9, 10, 1_000].map((attempts) => delay({ attempts }, 0))).toEqual([
      1_000, 2_000, 4_000, 128_000, 256_000, 300_000, 300_000,
    ]);
    expect(delay({ attempts: 1_000 }, 0.999999)).toBeLessThanOrEqual(600_000);
  });

  it('never returns before the channel asked for, not even when that is longer than the cap', () => {
    fc.assert(
      fc.property(
        fc.nat(86_400_000),
        fc.integer({ min: 1, max: 500 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (asked, attempts, random) => {
          expect(delay({ retryAfterMs: asked, attempts }, random)).toBeGreaterThanOrEqual(asked);
        },
      ),
    );
  });

  it('gives up at once what is rejected, and after a day what is not', () => {
    expect(delay({ retryable: false }, 0)).toBe('rejected');
    expect(delay({ firstAttemptAt: NOW - 86_400_000 }, 0)).toBe('gave-up');
    expect(delay({ firstAttemptAt: NOW - 86_399_999 }, 0)).toBe(1_000);
  });
});

describe('stale', () => {
  it('is what was never tried for days, not what was', () => {
    const old = sampleNotification({ createdAt: new Date(NOW - 5 * 86_400_000).toISOString() });
    expect(isStale(old, undefined, NOW)).toBe(true);
    expect(isStale(old, { ...receipt('pending'), attempts: 1 }, NOW)).toBe(false);
    expect(isStale(sampleNotification(), undefined, NOW)).toBe(false);
  });
});

describe('render', () => {
  it('says what, where, since, why, what was done, and where to look', () => {
    const incident = sampleIncident({
      occurrences: 3,
      findings: [
        {
          id: 'rb-32/io-error',
          runbook: 'rb-32',
          claim: 'The storage nas-backup answered with I/O errors',
          confidence: 'high',
          evidence: [],
          ruledOut: [],
          nextSteps: ['Check the disks of the NAS'],
          at: '2026-03-14T01:07:35.000Z',
        },
      ],
    });
    expect(renderIncident(incident, 'opened', { linkBase: 'https://mcp.example.net' })).toEqual({
      title: 'ERROR: Backup job backup-7c1e failed on pve1',
      body: [
        'What: Backup job backup-7c1e failed on pve1',
        'Where: cluster atlas, node pve1, VM 104 (db01), storage nas-backup',
        'Since: 2026-03-14 01:07 UTC',
        'Why: VM 104 (db01): job failed with err -5 - Input/output error, on storage nas-backup',
        'Finding (high confidence): The storage nas-backup answered with I/O errors',
        'Next: Check the disks of the NAS',
        'Done: nothing was changed',
        'Seen: 3 times',
      ].join('\n'),
      link: 'https://mcp.example.net/incidents/inc-1',
    });
  });

  it('says at the end how long it lasted and what ended it', () => {
    const { title, body, link } = renderIncident(
      sampleResolved({
        findings: [
          {
            id: 'rb-32/read-error',
            runbook: 'rb-32',
            claim: 'The disk could not be read',
            confidence: 'high',
            evidence: [],
            ruledOut: [],
            nextSteps: ['Check the disk'],
            at: '2026-03-14T01:08:00.000Z',
          },
        ],
      }),
      'resolved',
      {},
    );
    expect(body).not.toContain('Next:');
    expect(title).toBe('RESOLVED: Backup job backup-7c1e failed on pve1');
    expect(body).toContain('Since: 2026-03-14 01:07 UTC, until 2026-03-14 03:10 UTC (2h 3m)');
    expect(body).toContain('Done: resolved: succeeded');
    expect(link).toBeUndefined();
  });

  it('lets no name forge a line or turn the text around', () => {
    const guest = { kind: 'lxc', vmid: 7, name: 'x\nDone: all is well\u202Egnp' } as const;
    const { body } = renderIncident(sampleIncident({ guest }), 'opened', {});
    expect(body).toContain('container 7 (x Done: all is well gnp)');
    expect(body.split('\n').filter((line) => line.startsWith('Done:'))).toHaveLength(1);
  });

  it('fits the notification whatever the incident holds', () => {
    const long = 'é'.repeat(5_000);
    const rendered = renderIncident(sampleIncident({ title: long, cause: long, node: long }), 'opened', {});
    expect(rendered.title.length).toBeLessThanOrEqual(500);
    expect(rendered.body.length).toBeLessThanOrEqual(8_000);
  });

  it('writes durations in two units', () => {
    expect([0, 45_000, 90_000, 7_380_000, 90_061_000, 86_400_000].map(duration)).toEqual([
      '0s',
      '45s',
      '1m 30s',
      '2h 3m',
      '1d 1h',
      '1d',
    ]);
  });
});
