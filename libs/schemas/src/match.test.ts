import { globFits, Match, matches } from './match.ts';

const vm = {
  cluster: 'atlas',
  node: 'pve1',
  guest: { kind: 'qemu' as const, vmid: 101, name: 'db1' },
  tags: ['prod', 'mcp-critical'],
  severity: 'error' as const,
  condition: 'backup.job.failed',
};

it.each<[Match, boolean]>([
  [{}, true],
  [{ node: 'pve1' }, true],
  [{ node: ['pve2', 'pve*'] }, true],
  [{ guest: 101 }, true],
  [{ guest: ['db*'] }, true],
  [{ guest: 102 }, false],
  [{ tag: 'prod', node: 'pve2' }, false],
  [{ tag: 'prod' }, true],
  [{ pool: '*' }, false],
  [{ storage: 'tank' }, false],
  [{ condition: 'backup.*' }, true],
  [{ minSeverity: 'error' }, true],
  [{ minSeverity: 'critical' }, false],
  [{ maxSeverity: 'warning' }, false],
])('picks by %j: %s', (match, expected) => {
  expect(matches(Match.parse(match), vm)).toBe(expected);
});

it.each([
  ['a*c', 'abc', true],
  ['a*c', 'ac', true],
  ['a*c', 'ab', false],
  ['*', '', true],
  ['a*a', 'a', false],
  ['a**b*', 'a-b-', true],
  ['a.c', 'abc', false],
])('fits %s to %s: %s', (pattern, text, expected) => {
  expect(globFits(pattern, text)).toBe(expected);
});

it('refuses a key it does not know, so that a typing error mutes nothing', () => {
  expect(Match.safeParse({ nodes: 'pve1' }).success).toBe(false);
});
