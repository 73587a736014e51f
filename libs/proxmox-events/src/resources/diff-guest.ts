import type { EventDraft } from '@proxmox-mcp/schemas';
import { conditionDraft } from './condition-draft.ts';
import type { GuestMemory } from './snapshot.ts';

const STATES: ReadonlySet<string> = new Set(['running', 'stopped', 'unknown']);

/** What became of a guest, and what to remember of it: the last known name outlives its node. */
export function diffGuest(
  vmid: number,
  was: GuestMemory,
  now: GuestMemory,
  nodeIsOffline: boolean,
): { events: EventDraft[]; next: GuestMemory } {
  const name = now.name ?? was.name;
  // A row without news carries neither lock nor HA state: what was known still holds.
  const isBlank = now.status === 'unknown';
  const next: GuestMemory = {
    ...now,
    ...(name !== undefined && { name }),
    ...(isBlank && was.lock !== undefined && { lock: was.lock }),
    ...(isBlank && was.hastate !== undefined && { hastate: was.hastate }),
    ...(isBlank && was.fresh && { fresh: true }),
  };
  const about = { node: now.node, guest: refOf(vmid, next) };
  const named = { ...(name !== undefined && { name }) };
  const events: EventDraft[] = [];
  const stateChanged = was.status !== now.status && STATES.has(now.status) && !was.fresh;
  // What a dead node's rows still say is up to five minutes old; only their turning unknown is news, once.
  if (nodeIsOffline) {
    if (stateChanged && isBlank) events.push(stateDraft(about, named, was, now));
    return { events, next };
  }
  if (was.node !== now.node)
    events.push(
      conditionDraft('guest.node.changed', about, { ...named, from_node: was.node, to_node: now.node }),
    );
  if (stateChanged) events.push(stateDraft(about, named, was, now));
  if (
    was.status === 'running' &&
    now.status === 'running' &&
    was.uptime !== undefined &&
    now.uptime !== undefined &&
    now.uptime < was.uptime
  )
    events.push(
      conditionDraft('guest.uptime.reset', about, {
        ...named,
        uptime_before: was.uptime,
        uptime_after: now.uptime,
      }),
    );
  if (next.lock !== was.lock) {
    const type = next.lock === undefined ? 'guest.lock.cleared' : 'guest.lock.set';
    events.push(conditionDraft(type, about, { ...named, lock: next.lock ?? was.lock }));
  }
  if (next.hastate === 'error' && was.hastate !== 'error') {
    const sid = `${now.kind === 'qemu' ? 'vm' : 'ct'}:${vmid}`;
    events.push(
      conditionDraft('ha.service.error', about, { ...named, sid, from: was.hastate ?? null, to: 'error' }),
    );
  }
  return { events, next };
}

/** A guest that was not there before. */
export function guestAppeared(vmid: number, now: GuestMemory): EventDraft {
  return conditionDraft(
    'guest.appeared',
    { node: now.node, guest: refOf(vmid, now) },
    { ...(now.name !== undefined && { name: now.name }), status: now.status },
  );
}

/** A guest that is no longer there. */
export function guestDisappeared(vmid: number, was: GuestMemory): EventDraft {
  return conditionDraft(
    'guest.disappeared',
    { node: was.node, guest: refOf(vmid, was) },
    { ...(was.name !== undefined && { name: was.name }), last_status: was.status },
  );
}

function stateDraft(
  about: Pick<EventDraft, 'node' | 'guest'>,
  named: Record<string, unknown>,
  was: GuestMemory,
  now: GuestMemory,
): EventDraft {
  return conditionDraft(`guest.state.${now.status}`, about, { ...named, from: was.status, to: now.status });
}

function refOf(vmid: number, guest: GuestMemory): NonNullable<EventDraft['guest']> {
  return { kind: guest.kind, vmid, ...(guest.name !== undefined && { name: guest.name }) };
}
