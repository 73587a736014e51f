import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule, type TriedRule } from '../../testing/try-rule.ts';
import { diskWearout } from './rule.ts';

let t: TriedRule;
afterEach(() => t.close());

const DISK = { device: '/dev/nvme0n1', model: 'SAMSUNG', serial: 'S1' };
const worn = (second: number, left: number) =>
  sampleEvent({
    type: 'disk.wearout.high',
    node: 'pve1',
    second,
    facts: { ...DISK, left_percent: left, threshold_percent: left > 10 ? 20 : 10 },
  });

it('warns of a worn SSD, gets critical with it, and ends when another disk is in its place', () => {
  t = tryRule(diskWearout);
  t.hear(worn(0, 18));
  expect(t.incidents()).toMatchObject([{ severity: 'warning', why: { value: 18, threshold: 20 } }]);
  t.hear(worn(86_400, 9));
  expect(t.incidents()).toMatchObject([{ severity: 'critical', why: { value: 9, threshold: 10 } }]);
  t.hear(sampleEvent({ type: 'disk.smart.passed', node: 'pve1', second: 90_000, facts: DISK }));
  expect(t.incidents()).toMatchObject([{ status: 'open' }]);
  t.hear(
    sampleEvent({
      type: 'disk.smart.passed',
      node: 'pve1',
      second: 100_000,
      facts: { ...DISK, serial: 'S2', replaces: 'S1' },
    }),
  );
  expect(t.incidents()).toMatchObject([{ status: 'resolved' }]);
  expect(t.transitions().filter((word) => word === 'opened')).toHaveLength(1);
});

it('goes by the numbers of the operator', () => {
  t = tryRule(diskWearout, { rules: { 'disk-wearout': { warn: 10, crit: 5 } } });
  t.hear(worn(0, 18));
  expect(t.incidents()).toEqual([]);
});
