import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule, type TriedRule } from '../../testing/try-rule.ts';
import { sourceStorm } from './rule.ts';

let t: TriedRule;
afterEach(() => t.close());

const storm = (id: string, state: 'started' | 'ongoing' | 'ended', from: number, second: number) =>
  sampleEvent({
    type: 'source.storm',
    second,
    facts: {
      storm_id: id,
      state,
      source: 'pve1-syslog',
      count: second,
      starttime: Date.parse('2026-03-14T01:00:00Z') / 1_000 + from,
      ...(state === 'ended' ? { endtime: Date.parse('2026-03-14T01:00:00Z') / 1_000 + second } : {}),
    },
  });

it('is one warning while a storm lasts, and none of a gust', () => {
  t = tryRule(sourceStorm);
  t.hear(storm('a', 'started', 0, 0), storm('a', 'ended', 0, 20));
  t.wait(200);
  expect(t.incidents()).toEqual([]);
  t.hear(storm('b', 'started', 300, 300), storm('b', 'ongoing', 300, 350));
  t.wait(370);
  expect(t.incidents()).toMatchObject([
    { severity: 'warning', title: 'pve1-syslog tells more than is stored' },
  ]);
  t.hear(storm('b', 'ongoing', 300, 500), storm('b', 'ended', 300, 600));
  expect(t.incidents()).toMatchObject([{ status: 'resolved', resolution: 'recovered' }]);
  expect(t.transitions().filter((word) => word === 'opened')).toHaveLength(1);
});
