import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule, type TriedRule } from '../../testing/try-rule.ts';
import { diskIoError } from './rule.ts';

let t: TriedRule;
afterEach(() => t.close());

const kernel = (second: number, device: string, sector = second) =>
  sampleEvent({
    type: 'disk.io.error',
    channel: 'syslog',
    node: 'pve1',
    second,
    facts: { device, sector, op: 'READ' },
  });

it('is one incident and one fact of a disk that says so again and again, and over a day after the last word', () => {
  t = tryRule(diskIoError);
  t.hear(...Array.from({ length: 50 }, (_, n) => kernel(n * 20, 'sdb')));
  expect(t.incidents()).toMatchObject([
    { key: 'atlas|disk/pve1/sdb|disk.io.error', severity: 'error', facts: [expect.any(String)] },
  ]);
  expect(t.transitions()).toEqual(['opened']);
  t.wait(86_400 + 500);
  expect(t.incidents()).toMatchObject([{ status: 'open' }]);
  t.wait(86_400 + 1_000);
  expect(t.incidents()).toMatchObject([{ status: 'resolved', resolution: 'expired' }]);
});

it('says nothing of drives whose medium is taken out', () => {
  t = tryRule(diskIoError);
  t.hear(kernel(0, 'sr0'), kernel(1, 'fd0'), kernel(2, 'loop3'));
  expect(t.incidents()).toEqual([]);
});
