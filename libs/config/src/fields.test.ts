import * as z from 'zod';
import { bool, httpUrl, int, isSecret, list, oneOf, port, secret } from './fields.ts';

describe('bool', () => {
  it.each(['1', 'true', 'YES', 'On'])('reads %s as yes', (word) => expect(bool().parse(word)).toBe(true));
  it.each(['0', 'False', 'no', 'OFF'])('reads %s as no', (word) => expect(bool().parse(word)).toBe(false));
  it('refuses other words instead of taking them for yes', () => {
    expect(bool().safeParse('maybe').success).toBe(false);
  });
});

describe('int and port', () => {
  it('keeps bounds', () => {
    expect(int(1, 5).parse('5')).toBe(5);
    expect(int(1, 5).safeParse('6').success).toBe(false);
    expect(port().safeParse('65536').success).toBe(false);
  });
  it('refuses what only starts as a number', () => expect(int().safeParse('30s').success).toBe(false));
});

it('list drops blanks and empty items', () => expect(list().parse(' a, b ,,c ')).toEqual(['a', 'b', 'c']));
it('oneOf ignores case and answers the canonical word', () =>
  expect(oneOf(['auto', 'rfc3164']).parse('AUTO')).toBe('auto'));
it('httpUrl drops the slash at the end and never repeats a wrong value', () => {
  expect(httpUrl().parse('https://gotify.example/')).toBe('https://gotify.example');
  const wrong = httpUrl().safeParse('ftp://user:hunter2@x');
  expect(wrong.success).toBe(false);
  expect(JSON.stringify(wrong.error?.issues)).not.toContain('hunter2');
});
it('isSecret sees through optional and default', () => {
  expect(isSecret(secret().optional())).toBe(true);
  expect(isSecret(z.string().optional())).toBe(false);
});
