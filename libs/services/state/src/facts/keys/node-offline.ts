import type { Event } from '@proxmox-mcp/schemas';
import { MINUTE, placeOf, type ChainKey } from './key.ts';

/** Longest time between two words of one outage: the list, the cluster status and HA find out within minutes. */
const SILENCE_MS = 15 * MINUTE;

/** A node that the others do not see, until they do: the list, the cluster status and HA each say both. */
export const nodeOffline: ChainKey = {
  kind: 'chain',
  name: 'node',
  types: ['node.state.offline', 'node.state.unknown', 'node.state.online', 'ha.node.state.changed'],
  precedence: ['ha.node.state.changed', 'node.state.unknown', 'node.state.offline', 'node.state.online'],
  linkOf(event) {
    const tag = tagOf(event);
    if (tag === undefined || event.node === undefined) return undefined;
    return {
      place: placeOf(event.cluster, event.node),
      tag,
      silenceMs: tag === 'gone' ? SILENCE_MS : MINUTE,
    };
  },
};

function tagOf({ type, facts }: Event): string | undefined {
  if (type === 'node.state.online') return 'back';
  if (type !== 'ha.node.state.changed') return 'gone';
  if (facts['to'] === 'unknown') return 'gone';
  return facts['to'] === 'online' ? 'back' : undefined;
}
