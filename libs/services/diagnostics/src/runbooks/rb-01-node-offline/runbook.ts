import type { Runbook } from '../runbook.ts';
import { collect } from './collect.ts';
import type { NodeOfflineEvidence } from './evidence.ts';
import { rules } from './rules.ts';

/** RB-01: a node is offline. */
export const rb01NodeOffline: Runbook<NodeOfflineEvidence> = {
  id: 'rb-01',
  title: 'Node offline',
  conditions: ['node.state.offline'],
  doc: `
Looks at: the cluster status as up to four members see it, the node itself through its peers, the HA status, the guests last seen on it, the tasks
of the cluster and the stored reports of the quarter of an hour before.

Concludes, in this order: we cannot reach the cluster · the node is back · only its API is down · HA fences it · it was shut down on
purpose · several nodes share a fault · it is down. Every conclusion names the guests affected.

Needs Sys.Audit on \`/\` and on the node, VM.Audit for the names of guests. Changes nothing.
`.trim(),
  collect,
  rules,
};
