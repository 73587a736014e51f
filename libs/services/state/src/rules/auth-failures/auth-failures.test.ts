import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule, type TriedRule } from '../../testing/try-rule.ts';
import { authFailures } from './rule.ts';

let t: TriedRule;
afterEach(() => t.close());

const failed = (second: number, user: string, type = 'auth.ssh.failed') =>
  sampleEvent({
    type,
    channel: 'syslog',
    node: 'pve1',
    second,
    facts: { rhost: '203.0.113.9', user, rport: 40_000 + second, method: 'password' },
  });
const burst = (count: number) =>
  Array.from({ length: count }, (_, n) => failed(n * 10, n % 2 ? 'root' : 'admin'));

it('is silent unless somebody asks for it', () => {
  t = tryRule(authFailures);
  t.hear(...burst(40));
  expect(t.incidents()).toEqual([]);
});

it('is one warning of an address that tries many names, over after an hour of silence', () => {
  t = tryRule(authFailures, { rules: { 'auth-failures': { enabled: true } } });
  t.hear(...burst(19));
  expect(t.incidents()).toEqual([]);
  t.hear(...burst(60).slice(19));
  expect(t.incidents()).toMatchObject([
    { key: 'atlas|login/203.0.113.9|auth.login.failed', severity: 'warning', why: { threshold: 20 } },
  ]);
  expect(t.transitions().filter((word) => word === 'opened')).toHaveLength(1);
  t.wait(600 + 3_700);
  expect(t.incidents()).toMatchObject([{ status: 'resolved', resolution: 'expired' }]);
});
