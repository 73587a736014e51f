import type { Incident } from '@proxmox-mcp/schemas';
import { beganAt, isOpen } from '../change.ts';
import type { ExplainParts } from './index.ts';
import type { Explainer, Explanation } from './explain.ts';

type Topology = ReturnType<ExplainParts['topology']>;

/** How far up a condition stands: what stands higher can be the cause of what stands lower, and never the other way round. */
const RANKS: Readonly<Record<string, number>> = {
  'cluster.quorum.lost': 4,
  'source.state.down': 4,
  'node.state.offline': 3,
  'storage.state.unavailable': 2,
  'datastore.state.unavailable': 2,
};
const rankOf = ({ condition }: Pick<Incident, 'condition'>) => RANKS[condition] ?? 1;

/** What follows from a cause is often seen before the cause is. */
const SEEN_BEFORE_MS = 5 * 60_000;

/** What follows from it may come to light after it is over: guests of a node that is back take their time to start. */
const AFTERMATH_MS = 5 * 60_000;
/** Rules wait before they speak, and so may what reads them. */
const REMEMBERED_MS = 15 * 60_000;

/**
 * The cause of an incident that has an incident of its own: cluster, then node, then storage or datastore, then whatever depends on
 * them, by what both are about; and what the facts themselves name as their cause.
 */
export function explainByParent({ facts, incidents, topology }: Omit<ExplainParts, 'picture'>): Explainer {
  let known: { readonly key: string; readonly causes: readonly Incident[] } | undefined;

  /** The causes there are, the highest first. Asked for every incident: read anew only when something was written. */
  function causesAt(now: number): readonly Incident[] {
    const key = `${now}/${incidents.writes()}`;
    if (known?.key !== key) {
      const causes = incidents.ofConditions(Object.keys(RANKS), now - REMEMBERED_MS);
      known = { key, causes: [...causes].sort((a, b) => rankOf(b) - rankOf(a)) };
    }
    return known.causes;
  }

  function named(incident: Incident): Incident | undefined {
    const causes = incident.facts.slice(-20).flatMap((id) => {
      const links = facts.get(id)?.links.filter(({ relation }) => relation === 'caused-by') ?? [];
      return links.map(({ to }) => incidents.get(incidents.ofFact(to) ?? '')?.incident);
    });
    return causes.find(
      (cause) =>
        cause !== undefined &&
        isOpen(cause) &&
        cause.id !== incident.id &&
        cause.parent !== incident.id &&
        rankOf(cause) >= rankOf(incident),
    );
  }

  return {
    name: 'parent',
    explain(incident, now) {
      const isCause = (cause: Incident) =>
        rankOf(cause) > rankOf(incident) &&
        isDuring(cause, incident) &&
        contains(cause, incident, topology());
      const cause = causesAt(now).find(isCause) ?? named(incident);
      return cause && explanationBy(cause);
    },
  };
}

function explanationBy(cause: Incident): Explanation {
  const text = isOpen(cause)
    ? `Follows from: ${cause.title}`
    : `Follows from what is just over: ${cause.title}`;
  return { reason: 'parent', by: cause.id, text };
}

/** What was there long before is another story; so is what began after it was over. */
function isDuring(cause: Incident, incident: Incident): boolean {
  const began = Date.parse(beganAt(incident));
  if (began < Date.parse(beganAt(cause)) - SEEN_BEFORE_MS) return false;
  if (isOpen(cause)) return true;
  // What it explained while it lasted has its time to recover with it; a cause that somebody closed takes nothing with it.
  if (incident.parent === cause.id || cause.resolution !== 'recovered') return false;
  return began <= Date.parse(cause.resolvedAt ?? '') + AFTERMATH_MS;
}

/** Whether what an incident is about is a part of, or lies on, what the cause is about. */
function contains(cause: Incident, incident: Incident, topology: Topology): boolean {
  if (cause.product === 'pbs' && incident.product === 'pve') return pointsAt(incident, cause, topology);
  if (cause.cluster === undefined || incident.cluster !== cause.cluster) return false;
  switch (cause.condition) {
    case 'cluster.quorum.lost':
      return true;
    case 'source.state.down':
      // That nothing is heard of a cluster explains what is seen to be away, and nothing that others report of it.
      return cause.product === 'pbs' || AWAY.test(incident.condition);
    case 'node.state.offline':
      return incident.node !== undefined && incident.node === cause.node;
    default:
      if (incident.storage === undefined || incident.storage !== cause.storage) return false;
      return isOfOneNode(cause) ? incident.node === undefined || incident.node === cause.node : true;
  }
}

const AWAY = /^(?:node|guest|storage|datastore)\.state\./;

/** Whose key names the node has its own storage of that name, or alone does not reach it. */
const isOfOneNode = ({ key, node, storage }: Incident) =>
  node !== undefined && key.split('|')[1] === `storage/${node}/${storage}`;

/** A PVE storage whose server, and datastore, the inventory knows. */
function pointsAt({ cluster, storage }: Incident, cause: Incident, topology: Topology): boolean {
  const config = topology.storage(cluster, storage);
  const server = config?.server === undefined ? undefined : (topology.nodeAt(config.server) ?? config.server);
  // A PBS is its own cluster, of the name of its node.
  if (server === undefined || (server !== cause.node && server !== cause.cluster)) return false;
  return cause.condition !== 'datastore.state.unavailable' || config?.datastore === cause.storage;
}
