import { aptRefresh } from './apt-refresh.ts';
import { bulkParent } from './bulk-parent.ts';
import { haRequest } from './ha-request.ts';
import type { LinkRule } from './link.ts';
import { lostNode } from './lost-node.ts';
import { oomCause } from './oom-cause.ts';
import { poolSuspended } from './pool-suspended.ts';
import { recurrence } from './recurrence.ts';
import { smartReminder } from './smart-reminder.ts';
import { nfsCause, slowCause, storageCause } from './storage-cause.ts';
import { storedAs } from './stored-as.ts';
import { verifies } from './verifies.ts';

/** Every way in which facts are linked. A link never merges. */
export const LINKS: readonly LinkRule[] = [
  storedAs,
  verifies,
  haRequest,
  bulkParent,
  storageCause,
  nfsCause,
  slowCause,
  oomCause,
  recurrence,
  smartReminder,
  lostNode,
  poolSuspended,
  aptRefresh,
];

function byType(types: (rule: LinkRule) => readonly string[]): (type: string) => readonly LinkRule[] {
  const all = new Set(LINKS.flatMap(types));
  const found = new Map([...all].map((type) => [type, LINKS.filter((rule) => types(rule).includes(type))]));
  return (type) => found.get(type) ?? [];
}

/** Rules that a fact of the type can be the source of. */
export const rulesFrom = byType((rule) => rule.sources);
/** Rules that a fact of the type can be the target of. */
export const rulesTo = byType((rule) => rule.targets);
