import type { Product } from '@proxmox-mcp/schemas';
import type { Trouble } from '../../incidents/trouble.ts';
import { textIn } from '../../facts/keys/key.ts';
import { on, recoveryIn, troubleIn } from '../of-fact.ts';
import { defineFactRule, type StorageLabels } from '../rule.ts';

const UNAVAILABLE = 'storage.state.unavailable';

/** The list of resources says `unknown` of what a node has not reported for so long (PROXMOX §A). */
const LIST_LAG_S = 300;
/** pvestatd complains every ten seconds and says nothing when all is well: where only the log tells, silence is the end. */
const SILENT_S = 900;

/**
 * A node cannot use a storage. Storages of one name are one for the whole cluster, seen by its nodes, unless each is known to have its
 * own: then one message for a NAS that is away, and it is back when every node has it back.
 */
export function storageIsUnavailable(
  seen: Pick<Trouble, 'cluster' | 'at' | 'lastAt' | 'ref' | 'cause'> & {
    readonly node: string;
    readonly storage: string;
    readonly product: Product;
    readonly labels: StorageLabels;
  },
): Trouble {
  const { labels, cluster, node, storage, product, at, lastAt, ref, cause } = seen;
  return {
    condition: UNAVAILABLE,
    anchor: storage,
    object: labels.isLocal ? `storage/${node}/${storage}` : `storage/${storage}`,
    seenBy: [node],
    // Whose node is gone has nothing to say of its storages.
    unless: [{ condition: 'node.state.offline', node }],
    severity: labels.isInUse ? 'critical' : 'error',
    product,
    ...(cluster === undefined ? {} : { cluster }),
    node,
    storage,
    title: `Storage ${storage} is unavailable${labels.isLocal ? on({ node }) : ''}`,
    ...(cause === undefined ? {} : { cause }),
    at,
    ...(lastAt === undefined ? {} : { lastAt }),
    ...(ref === undefined ? {} : { ref }),
  };
}

/** A storage that nodes cannot reach: pvestatd says so at once, the list of resources calls it `unknown`. */
export const storageUnavailable = defineFactRule({
  name: 'storage-unavailable',
  condition: UNAVAILABLE,
  summary:
    'A PVE storage cannot be used by a node that is there; critical where running guests may have disks on it.',
  types: [UNAVAILABLE, 'storage.state.unknown', 'storage.state.available'],
  // A PBS or NAS that is busy for a moment misses one or two of pvestatd's rounds.
  defaults: { enabled: true, for: 60, clearFor: 0 },
  read(fact, settings, { storage: labels }) {
    const { node, storage } = fact;
    if (node === undefined || storage === undefined) return undefined;
    if (fact.type === 'storage.state.available')
      return { recovery: { ...recoveryIn(fact), condition: UNAVAILABLE, anchor: storage, seenBy: [node] } };
    const error = textIn(fact, 'error');
    const isListed = textIn(fact, 'to') !== undefined;
    return {
      trouble: {
        ...storageIsUnavailable({
          ...troubleIn(fact),
          node,
          storage,
          labels,
          ...(error === undefined ? {} : { cause: `${node} cannot use ${storage}: ${error.slice(0, 500)}` }),
        }),
        ...(isListed && fact.type !== UNAVAILABLE
          ? { holdsFor: Math.max(15, settings.for - LIST_LAG_S) }
          : {}),
        ...(isListed ? {} : { expiresAfter: SILENT_S }),
      },
    };
  },
});
