import { defineFactRule } from '../rule.ts';

/** Without quorum nothing can be started, changed or moved in the cluster; HA resets its nodes after a minute. */
export const quorumLost = defineFactRule({
  name: 'quorum-lost',
  condition: 'cluster.quorum.lost',
  summary: 'A cluster has lost its quorum.',
  types: ['cluster.quorum.lost', 'cluster.quorum.regained'],
  defaults: { enabled: true, for: 0, clearFor: 0 },
  read({ type, cluster, product, startedAt: at, id: ref }) {
    if (cluster === undefined) return undefined;
    const where = { condition: 'cluster.quorum.lost', anchor: cluster, cluster, at, ref };
    if (type === 'cluster.quorum.regained')
      return { recovery: { ...where, title: `Cluster ${cluster} is quorate again` } };
    return {
      trouble: {
        ...where,
        object: 'cluster',
        severity: 'critical',
        product,
        title: `Cluster ${cluster} has lost its quorum`,
        cause: 'fewer than half of the votes are there: nothing can be started or changed until they return',
      },
    };
  },
});
