import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule } from '../../testing/try-rule.ts';
import { nodeOffline } from './rule.ts';

it('makes one incident of what polls, HA and the fencing tell of a lost node', () => {
  const t = tryRule(nodeOffline);
  t.hear(
    sampleEvent({ type: 'node.state.offline', node: 'pve2', second: 0 }),
    sampleEvent({
      type: 'node.fence.started',
      node: 'pve2',
      second: 60,
      channel: 'webhook',
      severity: 'error',
    }),
    sampleEvent({ type: 'node.state.online', node: 'pve2', second: 300 }),
  );
  expect(t.incidents()).toMatchObject([
    { key: 'atlas|node/pve2|node.state.offline', status: 'resolved', why: { rule: 'node-offline' } },
  ]);
  t.close();
});

it('is provably silent when it is off', () => {
  const t = tryRule(nodeOffline, { rules: { 'node-offline': { enabled: false } } });
  t.hear(sampleEvent({ type: 'node.state.offline', node: 'pve2', second: 0 }));
  expect(t.transitions()).toEqual([]);
  t.close();
});

it('makes nothing of its own of what the others say as they lose it', () => {
  const t = tryRule(nodeOffline);
  const line = (type: string, second: number, facts: Record<string, unknown>) =>
    sampleEvent({ type, node: 'pve1', second, facts });
  t.hear(
    sampleEvent({ type: 'node.state.offline', node: 'pve2', second: 0 }),
    line('cluster.member.left', 5, { left_nodeids: [2], members_left: ['pve2'] }),
    line('cluster.peer.unreachable', 6, { peer_nodeid: 2, peer_node: 'pve2' }),
    line('cluster.member.left', 7, { left_nodeids: [2], ring_id: '1.2' }),
  );
  const [incident, ...others] = t.incidents();
  expect(others).toEqual([]);
  expect(incident?.timeline.map(({ what }) => what)).toEqual(['opened', 'fact', 'fact']);
  t.close();
});
