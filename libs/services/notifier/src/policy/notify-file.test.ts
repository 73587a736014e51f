import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '@proxmox-mcp/config';
import fc from 'fast-check';
import { notifier } from '../notifier.ts';
import { NotifyFile, notifyNotices } from './notify-file.ts';
import { endOfWindow, isWithin, nextTimeOfDay, type WeeklyWindow } from './time-window.ts';

const faults = (file: unknown) =>
  NotifyFile.safeParse(file).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

/** As the process reads it at its start. */
function load(yaml: string): unknown {
  const configDir = mkdtempSync(join(tmpdir(), 'proxmox-mcp-notify-'));
  try {
    writeFileSync(join(configDir, 'notify.yaml'), yaml);
    const { files } = loadSettings([notifier], { env: {}, envFile: join(configDir, 'none'), configDir });
    return files.get('notifier')?.['notify.yaml'];
  } finally {
    rmSync(configDir, { recursive: true });
  }
}

describe('config/notify.yaml', () => {
  it('may be empty', () => {
    expect(NotifyFile.parse({})).toMatchObject({ routes: [], quiet_hours: [], throttle: {}, fallback: {} });
  });

  it('names every fault at its place, and says what there is', () => {
    const all = faults({
      timezone: 'Mars/Olympus',
      routes: [
        {
          name: 'night',
          channels: ['pigeon'],
          when: { from: '25:00' },
          ladder: [{ after: '10 min', channels: ['ntfy'] }],
        },
        { name: 'day', digest: 'weekly', routes: [{ name: 'inner', matchs: {} }] },
      ],
      quiet_hours: [{ from: '22:00', to: '07:00', max_severity: 'critical' }],
      throttle: { per_channel: { count: 0, per: '1h' } },
      fallback: { ntfy: ['carrier'] },
    });
    expect(all.map((fault) => fault.slice(0, fault.indexOf(':'))).sort()).toEqual([
      'fallback.ntfy.0',
      'quiet_hours.0.max_severity',
      'routes.0.channels.0',
      'routes.0.ladder.0.after',
      'routes.0.when.from',
      'routes.1.digest',
      'routes.1.routes.0',
      'throttle.per_channel.count',
      'timezone',
    ]);
    expect(all.join('\n')).toContain('is no channel; there are');
  });

  it('refuses two routes of one name, wherever they stand, and a channel that falls back to itself', () => {
    const twice = [{ name: 'a', routes: [{ name: 'b' }] }, { name: 'b' }];
    expect(faults({ routes: twice })).toEqual(['routes.1.name: is the name of another route']);
    expect(faults({ fallback: { ntfy: ['ntfy'] } })).toEqual(['fallback.ntfy: falls back to itself']);
  });

  it('is as the page for operators shows it, read as the start reads it', () => {
    const page = readFileSync(new URL('../../../../../docs/operations.md', import.meta.url), 'utf8');
    const section = page.slice(page.indexOf('## Who is told, and when'));
    const example = /```yaml\n([\s\S]*?)```/.exec(section)?.[1] ?? '';
    const read = NotifyFile.parse(load(example));
    expect(read.routes.map(({ name }) => name)).toEqual(['production', 'small-things', 'rest']);
    expect(read.routes[0]?.ladder?.map(({ after }) => after)).toEqual([600_000, 1_200_000]);
    expect(read).toMatchObject({
      quiet_hours: [{ from: 1_320, to: 420 }],
      throttle: { per_channel: { count: 30, per: 3_600_000 } },
      fallback_after: 900_000,
    });
    expect(() => load(example.replace('ladder', 'leader'))).toThrow(/notify\.yaml: routes\.0/);
  });

  it('says which of its channels are off, and which preset is not there', () => {
    const file = NotifyFile.parse({
      routes: [
        { name: 'a', channels: ['ntfy'], ladder: [{ after: '5m', channels: ['gotify'] }], preset: 'custom' },
      ],
      fallback: { ntfy: ['discord'] },
    });
    expect(notifyNotices(file, { enabled: ['ntfy'], hasTemplate: false })).toEqual([
      'route a of notify.yaml names gotify, which is off',
      'route a of notify.yaml has preset custom, and NOTIFY_TEMPLATE_BODY is not set',
      'fallback of ntfy in notify.yaml names discord, which is off',
    ]);
  });
});

describe('a weekly window', () => {
  const night: WeeklyWindow = { from: 22 * 60, to: 7 * 60, timezone: 'Europe/Berlin' };
  const at = (iso: string) => Date.parse(iso);

  it.each([
    ['2026-03-14T20:59:00Z', false],
    ['2026-03-14T21:00:00Z', true],
    ['2026-03-15T05:59:59Z', true],
    ['2026-03-15T06:00:00Z', false],
  ])('over midnight, at %s: %s', (iso, expected) => {
    expect(isWithin(night, at(iso), 'UTC')).toBe(expected);
  });

  it('belongs to the day on which it begins', () => {
    const saturdays: WeeklyWindow = { ...night, days: ['sat'] };
    expect(isWithin(saturdays, at('2026-03-15T03:00:00Z'), 'UTC')).toBe(true);
    expect(isWithin(saturdays, at('2026-03-14T03:00:00Z'), 'UTC')).toBe(false);
  });

  it('ends when the clock says so, also in the nights in which clocks are changed', () => {
    expect(endOfWindow(night, at('2026-03-14T23:00:00Z'), 'UTC')).toBe(at('2026-03-15T06:00:00Z'));
    // Germany: 29 March 2026 forward, 25 October 2026 back.
    expect(endOfWindow(night, at('2026-03-28T23:00:00Z'), 'UTC')).toBe(at('2026-03-29T05:00:00Z'));
    expect(endOfWindow(night, at('2026-10-24T22:00:00Z'), 'UTC')).toBe(at('2026-10-25T06:00:00Z'));
  });

  it('goes on where the next one begins, and has an end even if it is always', () => {
    const weekend: WeeklyWindow = { days: ['sat', 'sun'], from: 0, to: 1_440 };
    expect(endOfWindow(weekend, at('2026-03-14T12:00:00Z'), 'UTC')).toBe(at('2026-03-16T00:00:00Z'));
    const always: WeeklyWindow = { from: 0, to: 1_440 };
    expect(endOfWindow(always, at('2026-03-14T12:00:00Z'), 'UTC')).toBe(at('2026-03-22T00:00:00Z'));
  });

  it('always leaves off later than it was asked, at a time of its clock or the hour it skips', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: at('2026-01-01T00:00:00Z'), max: at('2027-01-01T00:00:00Z') }),
        fc.nat(1_439),
        fc.constantFrom('UTC', 'Europe/Berlin', 'Australia/Lord_Howe', 'America/St_Johns'),
        (now, minute, zone) => {
          const next = nextTimeOfDay(now, minute, zone);
          expect(next).toBeGreaterThan(now);
          expect(next - now).toBeLessThanOrEqual(26 * 3_600_000);
        },
      ),
    );
  });
});
