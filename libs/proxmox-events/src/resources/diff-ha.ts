import type { EventDraft, GuestRef } from '@proxmox-mcp/schemas';
import { isRecord } from '../input.ts';
import { known, said, tellOf, type ConditionDiff, type Tell } from './condition-diff.ts';
import { diffHaNodes, readHaNodes, type HaNodes } from './diff-ha-nodes.ts';
import { readQuorum } from './diff-ha-status.ts';

/** What is remembered of a service under HA. */
export interface HaServiceMemory {
  readonly state: string;
  readonly node?: string;
}

/** HA as ha/status/current shows it. Plain JSON, fit to be stored. */
export interface HaSnapshot {
  readonly quorate: boolean;
  readonly nodes: HaNodes;
  /** By service id: `vm:104`. */
  readonly services: Readonly<Record<string, HaServiceMemory>>;
  /** The HA manager: the node that has the office, and whether it still writes; absent where there is none. */
  readonly manager?: { readonly node?: string; readonly isStale: boolean };
}

const MOVING: ReadonlySet<string> = new Set(['migrate', 'relocate']);
const LOST: ReadonlySet<string> = new Set(['fence', 'recovery']);
const MAX_SERVICES = 10_000;

/** Reads ha/status/current, raw or as the client gives it. */
export function readHa(rows: readonly unknown[]): HaSnapshot {
  const services: [string, HaServiceMemory][] = [];
  let manager: HaSnapshot['manager'];
  for (const row of rows) {
    if (!isRecord(row)) continue;
    const node = said(row['node'], 100);
    if (row['type'] === 'master') {
      const isStale = /\(old timestamp\b/.test(said(row['status'], 300) ?? '');
      manager = { isStale, ...(node !== undefined && { node }) };
    }
    const sid = said(row['sid'], 80);
    // The manager's own word; `state` is a friendlier rendering of it.
    const state = said(row['crm_state'] ?? row['crmState'] ?? row['state'], 40);
    if (
      row['type'] === 'service' &&
      sid !== undefined &&
      state !== undefined &&
      services.length < MAX_SERVICES
    )
      services.push([sid, { state, ...(node !== undefined && { node }) }]);
  }
  return {
    quorate: readQuorum(rows)?.quorate ?? true,
    nodes: readHaNodes(rows),
    services: Object.fromEntries(services),
    ...(manager && { manager }),
  };
}

/**
 * What HA did. Without quorum nobody can write HA's state, so everything in it is old: nothing is concluded from such an answer,
 * and what was known stays.
 */
export function diffHa(before: HaSnapshot, after: HaSnapshot): ConditionDiff<HaSnapshot> {
  // The first answer with quorum again is old as well: each agent has yet to write.
  if (!after.quorate || !before.quorate) return { events: [], next: { ...before, quorate: after.quorate } };
  const tell = tellOf({ product: 'pve' });
  const lostNodes = new Set(
    [...Object.entries(before.nodes), ...Object.entries(after.nodes)].flatMap(([node, state]) =>
      state === 'unknown' ? [node] : [],
    ),
  );
  const services = Object.entries(after.services).flatMap(([sid, now]) => {
    const was = known(before.services, sid);
    return was === undefined ? [] : serviceEvents(sid, was, now, lostNodes, tell);
  });
  return {
    events: [...diffHaNodes(before.nodes, after.nodes), ...managerEvents(before, after, tell), ...services],
    next: after,
  };
}

function managerEvents({ manager: was }: HaSnapshot, { manager: now }: HaSnapshot, tell: Tell): EventDraft[] {
  if (!was || !now || was.isStale === now.isStale) return [];
  const type = now.isStale ? 'ha.manager.stale' : 'ha.manager.active';
  return [at(tell(type, 'manager', { manager_node: now.node }), now.node)];
}

function serviceEvents(
  sid: string,
  was: HaServiceMemory,
  now: HaServiceMemory,
  lostNodes: ReadonlySet<string>,
  tell: Tell,
): EventDraft[] {
  const say = (type: string, facts: Record<string, unknown>) =>
    at(tell(type, sid, { sid, ...facts }, guestOfService(sid)), now.node);
  const change = { from: was.state, to: now.state };
  if (now.state === 'error') return was.state === 'error' ? [] : [say('ha.service.error', change)];
  const events: EventDraft[] = was.state === 'error' ? [say('ha.service.cleared', change)] : [];
  const hasMoved = was.node !== undefined && now.node !== undefined && was.node !== now.node;
  if (hasMoved && (LOST.has(was.state) || lostNodes.has(was.node)))
    events.push(say('ha.service.recovered', { from_node: was.node, to_node: now.node }));
  if (MOVING.has(now.state) && !MOVING.has(was.state))
    events.push(say('ha.service.migrate.started', { from_node: now.node }));
  return events;
}

const at = (draft: EventDraft, node: string | undefined): EventDraft =>
  node === undefined ? draft : { ...draft, node };

function guestOfService(sid: string): GuestRef | undefined {
  const match = /^(vm|ct):([1-9]\d{0,8})$/.exec(sid);
  return match ? { kind: match[1] === 'vm' ? 'qemu' : 'lxc', vmid: Number(match[2]) } : undefined;
}
