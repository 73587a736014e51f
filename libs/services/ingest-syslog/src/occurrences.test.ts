import { createOccurrences } from './occurrences.ts';

const line = Buffer.from('<38>Mar 14 23:11:00 pve1 sshd[7]: Failed password for root');

it('counts equal lines of one sender, and each sender anew', () => {
  const occurrences = createOccurrences(() => 0);
  expect([1, 2, 3].map(() => occurrences.nth('a', line))).toEqual([0, 1, 2]);
  expect(occurrences.nth('b', line)).toBe(0);
  expect(occurrences.nth('a', Buffer.from('another'))).toBe(0);
});

it('remembers for a minute or two, however many other lines come', () => {
  let now = 0;
  const occurrences = createOccurrences(() => now);
  occurrences.nth('a', line);
  now = 59_000;
  expect(occurrences.nth('a', line)).toBe(1);
  now = 61_000;
  expect(occurrences.nth('a', line)).toBe(2);
  now = 300_000;
  expect(occurrences.nth('a', line)).toBe(0);
  for (let other = 0; other < 25_000; other++) occurrences.nth('a', Buffer.from(String(other)));
  expect(occurrences.nth('a', line)).toBe(0);
});
