import type { EventDraft } from '@proxmox-mcp/schemas';
import { conditionDraft } from './condition-draft.ts';
import type { NodeMemory } from './snapshot.ts';

const STATES: ReadonlySet<string> = new Set(['online', 'offline', 'unknown']);

/** What became of a node. */
export function diffNode(node: string, was: NodeMemory, now: NodeMemory): EventDraft[] {
  if (was.status !== now.status) {
    if (!STATES.has(now.status)) return [];
    return [conditionDraft(`node.state.${now.status}`, { node }, { from: was.status, to: now.status })];
  }
  const restarted =
    now.status === 'online' &&
    was.uptime !== undefined &&
    now.uptime !== undefined &&
    now.uptime < was.uptime;
  if (!restarted) return [];
  return [
    conditionDraft('node.uptime.reset', { node }, { uptime_before: was.uptime, uptime_after: now.uptime }),
  ];
}
