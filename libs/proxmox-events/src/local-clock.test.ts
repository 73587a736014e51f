import { createLocalClock, parseLocalTime } from './local-clock.ts';

const vienna = createLocalClock('Europe/Vienna');
const iso = (text: string, clock = vienna) => {
  const epoch = parseLocalTime(text, clock);
  return epoch === undefined ? undefined : new Date(epoch * 1000).toISOString();
};

it('reads local times of winter and summer', () => {
  expect(iso('2026-03-14 02:07:31')).toBe('2026-03-14T01:07:31.000Z');
  expect(iso('2026-07-14 02:07:31')).toBe('2026-07-14T00:07:31.000Z');
  expect(iso('2026-03-14 02:07:31', createLocalClock('America/Chicago'))).toBe('2026-03-14T07:07:31.000Z');
  expect(iso('2026-03-14 02:07:31', createLocalClock('Asia/Kathmandu'))).toBe('2026-03-13T20:22:31.000Z');
});

it('decides the doubled hour for the earlier instant and the missing one for the later', () => {
  expect(iso('2026-10-25 02:30:00')).toBe('2026-10-25T00:30:00.000Z');
  expect(iso('2026-10-25 03:30:00')).toBe('2026-10-25T02:30:00.000Z');
  expect(iso('2026-03-29 02:30:00')).toBe('2026-03-29T01:30:00.000Z');
});

it('shows what the wall shows, and reads it back', () => {
  for (let epoch = 1_767_225_600; epoch < 1_798_761_600; epoch += 86_399 * 3) {
    expect(vienna.epochOf(vienna.wallOf(epoch))).toBe(epoch);
  }
});

it('refuses days no calendar has, and takes a zone it does not know for UTC', () => {
  expect(iso('2026-02-29 00:00:00')).toBeUndefined();
  expect(iso('2026-01-01 24:00:00')).toBeUndefined();
  expect(iso('yesterday')).toBeUndefined();
  expect(iso('2026-01-01 00:00:00', createLocalClock('Mars/Olympus'))).toBe('2026-01-01T00:00:00.000Z');
});
