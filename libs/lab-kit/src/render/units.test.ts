import { duration, fixedBytes, hms, humanBytes, vzdumpSize } from './units.ts';

it.each([
  [0, '0s'],
  [267, '4m 27s'],
  [180, '3m'],
  [3_723, '1h 2m 3s'],
  [86_700, '1d 5m'],
])('%d seconds are %s', (seconds, text) => expect(duration(seconds)).toBe(text));

it.each([
  [0, '0 B'],
  [16 * 1024 ** 3, '16 GiB'],
  [5.2101 * 1024 ** 3, '5.21 GiB'],
  [1.7431 * 1024 ** 2, '1.743 MiB'],
])('%d bytes are %s', (bytes, text) => expect(humanBytes(bytes)).toBe(text));

it('writes progress figures and archive sizes in their own ways', () => {
  expect(fixedBytes(32 * 1024 ** 3)).toBe('32.0 GiB');
  expect(vzdumpSize(5.21 * 1024 ** 3)).toBe('5.21GB');
  expect(vzdumpSize(1_102_286)).toBe('1MB');
  expect(hms(267)).toBe('00:04:27');
});
