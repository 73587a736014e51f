import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule, type TriedRule } from '../../testing/try-rule.ts';
import { serviceFailed } from './rule.ts';

let t: TriedRule;
afterEach(() => t.close());

const logged = (second: number, unit: string, more = {}) =>
  sampleEvent({
    type: 'node.service.failed',
    channel: 'syslog',
    node: 'pve1',
    second,
    facts: { unit, result: 'exit-code' },
    ...more,
  });
const listed = (word: 'failed' | 'running', second: number, unit: string) =>
  sampleEvent({ type: `node.service.${word}`, node: 'pve1', second, facts: { unit, state: word } });

it('is one critical incident of pvestatd, told by log and list, that lasts until it runs', () => {
  t = tryRule(serviceFailed);
  t.hear(logged(0, 'pvestatd.service'));
  t.wait(40);
  t.hear(listed('failed', 290, 'pvestatd.service'));
  expect(t.incidents()).toMatchObject([
    { key: 'atlas|service/pve1/pvestatd.service|node.service.failed', severity: 'critical', status: 'open' },
  ]);
  t.wait(20_000);
  expect(t.incidents()).toMatchObject([{ status: 'open' }]);
  t.hear(listed('running', 20_100, 'pvestatd.service'));
  expect(t.incidents()).toMatchObject([{ status: 'resolved', resolution: 'recovered' }]);
  expect(t.transitions().filter((word) => word === 'opened')).toHaveLength(1);
});

it('is a warning of another service, over an hour after the last failure where only the log tells', () => {
  t = tryRule(serviceFailed);
  t.hear(logged(0, 'chrony.service'));
  t.wait(40);
  expect(t.incidents()).toMatchObject([{ severity: 'warning' }]);
  t.wait(3_700);
  expect(t.incidents()).toMatchObject([{ status: 'resolved', resolution: 'expired' }]);
});

it('says nothing of the unit of a guest', () => {
  t = tryRule(serviceFailed);
  t.hear(logged(0, 'pve-container@104.service', { guest: { kind: 'lxc', vmid: 104 } }));
  t.wait(600);
  expect(t.incidents()).toEqual([]);
});
