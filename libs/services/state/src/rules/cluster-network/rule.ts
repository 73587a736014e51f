import { numberIn, textIn } from '../../facts/keys/key.ts';
import { on, troubleIn } from '../of-fact.ts';
import { defineFactRule } from '../rule.ts';

const LINK_DOWN = 'cluster.link.down';
const WINDOW_S = 600;
const CALM_S = 1_800;

/** Links of corosync that come and go, or tokens that are late: the cluster may lose its quorum any moment. One loss is part of a restart. */
export const clusterNetwork = defineFactRule({
  name: 'cluster-network',
  condition: LINK_DOWN,
  summary:
    'A node loses the same corosync link, or the token, again and again within ten minutes. Over after half an hour of calm.',
  types: [LINK_DOWN, 'cluster.token.lost'],
  unit: 'in 10 min',
  defaults: { enabled: true, warn: 3, for: 0, clearFor: 0 },
  read(fact, { warn = 3, crit }, context) {
    const link = (one: typeof fact) => `${numberIn(one, 'peer_nodeid')}/${numberIn(one, 'link')}`;
    const count = context.lately(WINDOW_S).filter((one) => link(one) === link(fact)).length;
    const isCritical = crit !== undefined && count >= crit;
    if (count < warn && !isCritical) return undefined;
    const peer = textIn(fact, 'peer_node') ?? numberIn(fact, 'peer_nodeid');
    const what =
      fact.type === LINK_DOWN
        ? `lost link ${numberIn(fact, 'link') ?? '?'} to ${peer ?? 'a peer'}`
        : 'missed the token';
    return {
      trouble: {
        ...troubleIn(fact),
        condition: LINK_DOWN,
        anchor: 'cluster/network',
        object: 'cluster/network',
        severity: isCritical ? 'critical' : 'warning',
        title: `Cluster network is unstable${on(fact)}`,
        cause: `${fact.node ?? 'a node'} ${what} ${count} times in ten minutes`,
        why: {
          rule: 'cluster-network',
          value: count,
          threshold: isCritical ? crit : warn,
          unit: 'in 10 min',
        },
        expiresAfter: CALM_S,
      },
    };
  },
});
