import type { EventDraft } from '@proxmox-mcp/schemas';
import { isRecord } from '../input.ts';
import { oneLine } from '../text.ts';
import { conditionDraft } from './condition-draft.ts';

/** HA state of each node as its local resource manager shows it: `online`, `maintenance` or `unknown`. */
export type HaNodes = Readonly<Record<string, string>>;

/** Reads the `lrm` rows of ha/status/current: `pve1 (active, <date>)`, `(maintenance mode, …)`, `(old timestamp - dead?, …)`. */
export function readHaNodes(rows: readonly unknown[]): HaNodes {
  const nodes = new Map<string, string>();
  for (const row of rows) {
    if (!isRecord(row) || row['type'] !== 'lrm') continue;
    const { node, status } = row;
    if (typeof node !== 'string' || typeof status !== 'string') continue;
    const said = /^[^ (]{1,100} \(([^,)]{1,100})/.exec(status)?.[1] ?? '';
    const state = said.startsWith('old timestamp')
      ? 'unknown'
      : said === 'maintenance mode'
        ? 'maintenance'
        : 'online';
    nodes.set(oneLine(node, 100), state);
  }
  return Object.fromEntries(nodes);
}

/** Nodes whose HA state changed; active and idle are both `online`, their turns are no news. */
export function diffHaNodes(before: HaNodes, after: HaNodes): EventDraft[] {
  return Object.entries(after).flatMap(([node, to]) => {
    const from = Object.hasOwn(before, node) ? before[node] : undefined;
    return from === undefined || from === to
      ? []
      : [conditionDraft('ha.node.state.changed', { node }, { from, to })];
  });
}
