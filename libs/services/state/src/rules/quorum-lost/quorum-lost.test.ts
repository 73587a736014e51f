import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule } from '../../testing/try-rule.ts';
import { quorumLost } from './rule.ts';

it('is critical from the first report, and over with the quorum', () => {
  const t = tryRule(quorumLost);
  t.hear(sampleEvent({ type: 'cluster.quorum.lost', node: 'pve1', second: 0 }));
  expect(t.incidents()).toMatchObject([
    {
      key: 'atlas|cluster|cluster.quorum.lost',
      severity: 'critical',
      status: 'open',
      why: { rule: 'quorum-lost' },
    },
  ]);
  t.hear(sampleEvent({ type: 'cluster.quorum.regained', node: 'pve1', second: 60 }));
  expect(t.incidents()).toMatchObject([{ status: 'resolved', resolution: 'recovered' }]);
  t.close();
});
