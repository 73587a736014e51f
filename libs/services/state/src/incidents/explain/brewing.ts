import type { Incident } from '@proxmox-mcp/schemas';
import { beganAt } from '../change.ts';
import type { ExplainParts } from './index.ts';
import type { Explainer } from './explain.ts';

/** By then the storage's own incident is open, or its rule is off and it will not be. */
const WAIT_MS = 3 * 60_000;

/**
 * A failure on a storage that is away at this very moment: whether that is an outage shows only once it has lasted, and nobody is to be
 * told thirty times what is one thing.
 */
export function explainByBrewing({ picture }: Pick<ExplainParts, 'picture'>): Explainer {
  return {
    name: 'brewing',
    explain(incident, now) {
      const { condition, storage } = incident;
      if (storage === undefined || !condition.endsWith('.failed')) return undefined;
      if (now - Date.parse(beganAt(incident)) > WAIT_MS || !isAway(incident, picture)) return undefined;
      return {
        reason: 'rule',
        by: 'storage-unavailable',
        text: `Storage ${storage} is not reached just now`,
      };
    },
  };
}

function isAway({ cluster, node, storage }: Incident, picture: ExplainParts['picture']): boolean {
  if (cluster === undefined) return false;
  for (const one of picture.of('storage', cluster))
    if (one.storage === storage && one.status !== 'available' && (one.shared || one.node === node))
      return true;
  return false;
}
