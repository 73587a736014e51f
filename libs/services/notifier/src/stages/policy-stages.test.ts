import fc from 'fast-check';
import { type Severity, Severity as Severities } from '@proxmox-mcp/schemas';
import { NotifyFile } from '../policy/notify-file.ts';
import type { Policy } from '../policy/policy.ts';
import { sampleIncident, sampleNotification } from '../testing/samples.ts';
import { decide } from './decide.ts';
import { renderDigest } from './digest.ts';
import { fallbackFor } from './fallback.ts';
import { channelsEver, routeIncident, targetNamed } from './route.ts';
import { NO_COUNTS, throttle } from './throttle.ts';

const DAY = Date.parse('2026-03-14T12:00:00.000Z');
const NIGHT = Date.parse('2026-03-14T23:00:00.000Z');
const policyOf = (file: unknown, channels = ['discord', 'gotify', 'ntfy', 'webhook']): Policy => ({
  minSeverity: 'warning',
  channels,
  file: NotifyFile.parse(file),
});

describe('the tree of routes', () => {
  const policy = policyOf({
    routes: [
      {
        name: 'production',
        match: { tag: 'prod' },
        channels: ['ntfy'],
        ladder: [{ after: '10m', channels: ['discord'] }],
        routes: [{ name: 'at-night', when: { from: '22:00', to: '07:00' }, channels: ['gotify'] }],
      },
      { name: 'copy', match: { minSeverity: 'critical' }, channels: ['webhook'], continue: true },
      { name: 'rest', channels: ['discord'] },
    ],
  });
  const names = (change: object, at: number | 'any-time') =>
    routeIncident(sampleIncident(change), policy, at).map(
      ({ route, channels }) => `${route} ${channels.join()}`,
    );

  it.each<[string, object, number, string[]]>([
    ['the first that fits', { tags: ['prod'] }, DAY, ['production ntfy']],
    ['the one below it, in its hours', { tags: ['prod'] }, NIGHT, ['at-night gotify']],
    [
      'also the next where one says continue',
      { severity: 'critical' },
      DAY,
      ['copy webhook', 'rest discord'],
    ],
    ['the last that takes everything', {}, DAY, ['rest discord']],
  ])('takes %s', (_, change, at, expected) => {
    expect(names(change, at)).toEqual(expected);
  });

  it('gives a route below what it does not say itself', () => {
    const [night] = routeIncident(sampleIncident({ tags: ['prod'] }), policy, NIGHT);
    expect(night?.ladder).toHaveLength(1);
  });

  it('knows at any hour whom it may tell at another', () => {
    const incident = sampleIncident({ tags: ['prod'] });
    expect([...channelsEver(incident, policy)].sort()).toEqual(['discord', 'gotify', 'ntfy']);
    expect(targetNamed(incident, policy, 'production')?.channels).toEqual(['ntfy']);
    expect([...channelsEver(sampleIncident(), policy)]).toEqual(['discord']);
  });

  it('has a default of every channel, where no route fits', () => {
    const some = policyOf({ routes: [{ name: 'x', match: { node: 'pve9' }, channels: ['ntfy'] }] });
    expect(routeIncident(sampleIncident(), some, DAY)).toMatchObject([
      { route: 'default', channels: some.channels },
    ]);
  });
});

it('critical is held by nothing but a silence or a snooze, whatever the file says', () => {
  const digest = fc.option(fc.constantFrom('daily 08:00', 30), { nil: undefined });
  fc.assert(
    fc.property(fc.integer({ min: DAY, max: DAY + 400 * 86_400_000 }), digest, (now, every) => {
      const policy = policyOf({
        quiet_hours: [{}],
        routes: [{ name: 'all', ...(every === undefined ? {} : { digest: every }) }],
      });
      const [target] = routeIncident(sampleIncident(), policy, now);
      if (target === undefined) throw new Error('no route');
      const outcome = (severity: Severity) =>
        decide(sampleIncident({ severity }), target, { policy, silences: [], now }).end;
      expect(outcome('critical').kind).toBe('pass');
      for (const severity of Severities.options.filter((each) => each === 'error' || each === 'warning')) {
        const held = outcome(severity);
        expect(held.kind).toBe('hold');
        if (held.kind === 'hold') expect(held.until).toBeGreaterThan(now);
      }
    }),
  );
});

it('a rate lets so many through in any window, and never fewer than it says', () => {
  const rates = NotifyFile.parse({ throttle: { per_channel: { count: 5, per: '1m' } } }).throttle;
  fc.assert(
    fc.property(fc.array(fc.nat(30_000), { minLength: 20, maxLength: 60 }), (gaps) => {
      let counts = NO_COUNTS;
      let now = DAY;
      const passed: number[] = [];
      for (const gap of gaps) {
        now += gap;
        const answer = throttle(counts, { incidentId: 'inc-1', isCritical: false }, { rates, now });
        counts = answer.counts;
        if (answer.outcome.kind === 'pass') passed.push(now);
        // Whoever waits as long as he is told gets through then.
        else if (answer.outcome.kind === 'hold') {
          const later = { rates, now: answer.outcome.until };
          expect(throttle(counts, { incidentId: 'inc-1', isCritical: false }, later).outcome.kind).toBe(
            'pass',
          );
        }
      }
      expect(passed.length).toBeGreaterThanOrEqual(5);
      // Two windows that touch hold at most twice the count.
      for (const [i, at] of passed.entries())
        expect((passed[i + 10] ?? Infinity) - at).toBeGreaterThanOrEqual(60_000);
    }),
  );
});

describe('a fallback', () => {
  const policy = {
    chains: { discord: ['email', 'gotify', 'ntfy'] },
    enabled: new Set(['discord', 'gotify', 'ntfy']),
    afterMs: 900_000,
  };
  it('goes down the chain of the first channel, past what is off, and ends', () => {
    const first = fallbackFor(sampleNotification({ channel: 'discord', id: 'inc-1-opened-discord' }), policy);
    expect(first).toMatchObject({
      id: 'inc-1-opened-discord-via-gotify',
      channel: 'gotify',
      fallback: { from: 'discord', of: 'inc-1-opened-discord' },
    });
    const second = first === undefined ? undefined : fallbackFor(first, policy);
    expect(second).toMatchObject({ id: 'inc-1-opened-discord-via-ntfy', channel: 'ntfy' });
    expect(second === undefined ? undefined : fallbackFor(second, policy)).toBeUndefined();
  });

  it('has a key of its own however long the first one is', () => {
    const ids = ['a', 'b'].map(
      (end) => fallbackFor(sampleNotification({ channel: 'discord', id: 'i'.repeat(119) + end }), policy)?.id,
    );
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{1,120}$/);
  });
});

it('a digest has what lasts first, and lets no title forge a line', () => {
  const line = (change: object) => ({
    state: 'open' as const,
    severity: 'warning' as const,
    title: 'x',
    incident: undefined,
    ...change,
  });
  const { title, body, severity, link } = renderDigest(
    [
      line({ state: 'over', title: 'short' }),
      line({ title: 'mild' }),
      line({ severity: 'error', title: 'bad\nOVER: nothing' }),
      line({ state: 'ended', title: 'old', severity: 'critical' }),
    ],
    { linkBase: 'https://mcp.example.net' },
  );
  expect({ title, severity, link }).toEqual({
    title: 'Digest: 4 incidents, 2 still open',
    severity: 'error',
    link: 'https://mcp.example.net/incidents',
  });
  expect(body.split('\n')).toEqual([
    'ERROR: bad OVER: nothing',
    'WARNING: mild',
    'RESOLVED: old',
    'OVER: short',
  ]);
});
