import type { SourceState } from '@proxmox-mcp/schemas';
import type { Recovery, Trouble } from '../../incidents/trouble.ts';
import { objectPath } from '../of-fact.ts';
import { defineFactRule } from '../rule.ts';

const DOWN = 'source.state.down';

/** A host that is polled is written of every half minute: what is older belongs to one that is no longer configured. */
const FORGOTTEN_MS = 12 * 60_000;

/**
 * What the state of a way in means. While it starts, or is only missing a part, it means nothing here.
 *
 * @param now milliseconds since the epoch.
 */
export function blindnessOf(
  source: SourceState,
  now: number,
): { readonly trouble: Trouble } | { readonly recovery: Recovery } | undefined {
  const { name, status, product, cluster, degraded } = source;
  const where = {
    condition: DOWN,
    anchor: objectPath('source', name),
    ...(cluster === undefined ? {} : { cluster }),
  };
  if (status === 'ok' || status === 'degraded')
    return { recovery: { ...where, title: `${name} is heard again`, at: source.at } };
  if (status !== 'down') return undefined;
  if (product !== undefined && now - Date.parse(source.at) > FORGOTTEN_MS) return undefined;
  const [reason] = degraded;
  const since = source.lastSuccessAt === undefined ? '' : ` Last heard at ${source.lastSuccessAt}.`;
  return {
    trouble: {
      ...where,
      object: where.anchor,
      severity: 'critical',
      product: product ?? 'pve',
      title: `We are blind on ${name}`,
      cause: `${(reason?.detail ?? 'it cannot be read').slice(0, 400)}.${since}`,
      at: reason?.since ?? source.at,
    },
  };
}

/** A way in that is down: what goes wrong behind it, nobody is told. It reads no facts but the states of the sources. */
export const collectorBlind = defineFactRule({
  name: 'collector-blind',
  condition: DOWN,
  summary: 'A source (a Proxmox host, a mailbox, a listener) cannot be read: we are blind on it.',
  types: [],
  // A single host that restarts is back by then.
  defaults: { enabled: true, for: 300, clearFor: 0 },
  read: () => undefined,
});
