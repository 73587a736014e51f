import { Calendar, stretchesOf } from './calendar.ts';

const HOUR = 3_600_000;

/** The stretches of a calendar within two days of a time, in ISO. */
function within(calendar: Partial<Calendar>, now: string): string[] {
  const whole = Calendar.parse({ from: '02:00', to: '04:00', timezone: 'Europe/Vienna', ...calendar });
  return stretchesOf(whole, Date.parse(now), 48 * HOUR).map(
    ({ from, until }) =>
      `${new Date(from).toISOString().slice(0, 16)} ${new Date(until).toISOString().slice(0, 16)}`,
  );
}

it('follows the clock on the wall, in winter and in summer', () => {
  expect(within({}, '2026-01-10T00:00:00Z')).toEqual([
    '2026-01-10T01:00 2026-01-10T03:00',
    '2026-01-11T01:00 2026-01-11T03:00',
  ]);
  expect(within({}, '2026-07-10T00:30:00Z')[0]).toBe('2026-07-10T00:00 2026-07-10T02:00');
});

it('counts its days where it is, and goes past midnight', () => {
  // In Auckland it is Saturday already.
  const night = { days: ['sat' as const], from: '23:00', to: '01:30', timezone: 'Pacific/Auckland' };
  expect(within(night, '2026-07-10T13:00:00Z')).toEqual(['2026-07-11T11:00 2026-07-11T13:30']);
  // Of the night of Saturday it is still part at one on Sunday.
  expect(within(night, '2026-07-11T13:00:00Z')).toEqual(['2026-07-11T11:00 2026-07-11T13:30']);
  expect(within({ from: '00:00', to: '00:00', days: ['sun'] }, '2026-07-12T10:00:00Z')).toEqual([
    '2026-07-11T22:00 2026-07-12T22:00',
  ]);
});

describe('where the clock is put forward', () => {
  // On 29 March 2026 in Vienna, 02:00 becomes 03:00 at 01:00 UTC.
  const on = (from: string, to: string) => within({ from, to, days: ['sun'] }, '2026-03-28T12:00:00Z');

  it('begins and ends at the jump what would in the missing hour', () => {
    expect(on('02:00', '04:00')).toEqual(['2026-03-29T01:00 2026-03-29T02:00']);
    expect(on('02:30', '04:00')).toEqual(['2026-03-29T01:00 2026-03-29T02:00']);
    expect(on('01:00', '02:30')).toEqual(['2026-03-29T00:00 2026-03-29T01:00']);
  });

  it('has no stretch in an hour that does not exist', () => {
    expect(on('02:10', '02:50')).toEqual([]);
  });

  it('goes by half hours where the land does', () => {
    const lord = { timezone: 'Australia/Lord_Howe', days: ['sun' as const], from: '02:15', to: '05:00' };
    expect(within(lord, '2026-10-03T06:00:00Z')).toEqual(['2026-10-03T15:30 2026-10-03T18:00']);
  });
});

describe('where the clock is put back', () => {
  // On 25 October 2026 in Vienna, 03:00 becomes 02:00 at 01:00 UTC.
  const on = (from: string, to: string) => within({ from, to, days: ['sun'] }, '2026-10-24T12:00:00Z');

  it('has the hour that comes twice both times', () => {
    expect(on('02:00', '03:00')).toEqual(['2026-10-25T00:00 2026-10-25T02:00']);
    expect(on('02:30', '02:45')).toEqual(['2026-10-25T00:30 2026-10-25T01:45']);
    expect(on('01:00', '02:30')).toEqual(['2026-10-24T23:00 2026-10-25T01:30']);
    expect(on('03:00', '04:00')).toEqual(['2026-10-25T02:00 2026-10-25T03:00']);
  });
});
