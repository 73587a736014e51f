import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule, type TriedRule } from '../../testing/try-rule.ts';
import { clusterNetwork } from './rule.ts';

let t: TriedRule;
afterEach(() => t.close());

const link = (word: 'down' | 'up', second: number, peer = 2, number = 0) =>
  sampleEvent({
    type: `cluster.link.${word}`,
    channel: 'syslog',
    node: 'pve1',
    second,
    facts: { peer_nodeid: peer, peer_node: `pve${peer}`, link: number },
  });

it('warns of a link that is lost three times in ten minutes, once, until half an hour is calm', () => {
  t = tryRule(clusterNetwork);
  t.hear(link('down', 0), link('up', 5), link('down', 200), link('up', 205));
  expect(t.incidents()).toEqual([]);
  t.hear(link('down', 400), link('up', 405), link('down', 500), link('up', 505));
  expect(t.incidents()).toMatchObject([
    {
      key: 'atlas|cluster/network|cluster.link.down',
      severity: 'warning',
      cause: 'pve1 lost link 0 to pve2 3 times in ten minutes',
      why: { threshold: 3 },
    },
  ]);
  expect(t.transitions().filter((word) => word === 'opened')).toHaveLength(1);
  t.wait(2_000);
  expect(t.incidents()).toMatchObject([{ status: 'open' }]);
  t.wait(2_400);
  expect(t.incidents()).toMatchObject([{ status: 'resolved', resolution: 'expired' }]);
});

it('says nothing of a node that restarts: each of its links is lost once', () => {
  t = tryRule(clusterNetwork);
  t.hear(link('down', 0, 2, 0), link('down', 0, 2, 1), link('down', 2, 3, 0));
  t.hear(
    sampleEvent({
      type: 'cluster.token.lost',
      channel: 'syslog',
      node: 'pve1',
      second: 3,
      facts: { token_ms: 3000 },
    }),
  );
  t.hear(link('up', 180, 2, 0), link('up', 180, 2, 1));
  expect(t.incidents()).toEqual([]);
});
