import { sampleEvent } from '../../testing/sample-events.ts';
import { tryRule, type TriedRule } from '../../testing/try-rule.ts';
import { nodeOffline } from '../node-offline/rule.ts';
import { haServiceError } from './rule.ts';

let t: TriedRule;
afterEach(() => t.close());

const guest = { kind: 'qemu' as const, vmid: 104 };

it('is one critical incident told by the manager, the HA status and the list, until the error is cleared', () => {
  t = tryRule(haServiceError);
  t.hear(
    sampleEvent({
      type: 'ha.service.error',
      channel: 'syslog',
      guest,
      second: 0,
      facts: { sid: 'vm:104', failed_nodes: ['pve1', 'pve2'], reporter: 'pve3' },
    }),
    sampleEvent({
      type: 'ha.service.error',
      guest,
      node: 'pve2',
      second: 9,
      facts: { sid: 'vm:104', from: 'started', to: 'error' },
    }),
  );
  expect(t.incidents()).toMatchObject([
    {
      key: 'atlas|ha/vm:104|ha.service.error',
      severity: 'critical',
      guest: { vmid: 104 },
      cause: expect.stringContaining('it failed on pve1, pve2'),
    },
  ]);
  t.hear(
    sampleEvent({
      type: 'ha.service.cleared',
      guest,
      node: 'pve2',
      second: 300,
      facts: { sid: 'vm:104', from: 'error', to: 'stopped' },
    }),
  );
  expect(t.incidents()).toMatchObject([{ status: 'resolved', resolution: 'recovered' }]);
  expect(t.transitions().filter((word) => word === 'opened')).toHaveLength(1);
});

it('tells the recovery of a service as part of the story of the lost node', () => {
  t = tryRule(haServiceError, {}, { besides: [nodeOffline] });
  t.hear(
    sampleEvent({ type: 'node.state.offline', node: 'pve2', second: 0 }),
    sampleEvent({
      type: 'ha.service.recovered',
      guest,
      node: 'pve1',
      second: 180,
      facts: { sid: 'vm:104', from_node: 'pve2', to_node: 'pve1' },
    }),
  );
  const [incident, ...others] = t.incidents();
  expect(others).toEqual([]);
  expect(incident?.timeline.map(({ what }) => what)).toEqual(['opened', 'fact']);
});
