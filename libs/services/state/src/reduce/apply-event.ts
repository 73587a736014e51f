import { stateKeys, type Event, type GuestState } from '@proxmox-mcp/schemas';
import type { Entry } from './entry.ts';
import { followRun } from './guest-run.ts';
import type { Changes, Lookup } from './storage.ts';

/**
 * What an event says sooner than the next poll. It changes entries that exist, and only when it is newer than what was observed:
 * late mail must not stop a running guest.
 */
export function applyEvent(event: Event, lookup: Lookup): Changes {
  const changes: Changes = new Map();
  const key = keyFor(event);
  const before = key === undefined ? undefined : lookup(key);
  if (key === undefined || before === undefined || event.occurredAt <= before.observedAt) return changes;
  const after = patched(event, before);
  if (after !== undefined) changes.set(key, { ...after, observedAt: event.occurredAt });
  return changes;
}

function keyFor(event: Event): string | undefined {
  const { cluster, node, guest, storage } = event;
  if (cluster === undefined) return undefined;
  if (event.type.startsWith('guest.')) return guest && stateKeys.guest(cluster, guest.vmid);
  if (event.type.startsWith('node.state.'))
    return node === undefined ? undefined : stateKeys.node(cluster, node);
  if (event.type.startsWith('storage.state.'))
    return node === undefined || storage === undefined
      ? undefined
      : stateKeys.storage(cluster, storage, node);
  return undefined;
}

function patched(event: Event, before: Entry): Entry | undefined {
  const word = event.type.slice(event.type.lastIndexOf('.') + 1);
  if (before.kind === 'guest') return patchedGuest(event, before, word);
  if (before.kind === 'node' && isOneOf(word, ['online', 'offline', 'unknown']))
    return before.status === word ? undefined : { ...before, status: word, since: event.occurredAt };
  if (before.kind === 'storage' && isOneOf(word, ['available', 'unavailable', 'unknown']))
    return before.status === word ? undefined : { ...before, status: word, since: event.occurredAt };
  return undefined;
}

function patchedGuest(event: Event, before: GuestState, word: string): GuestState | undefined {
  switch (event.type) {
    case 'guest.state.running':
    case 'guest.state.stopped':
    case 'guest.state.unknown':
      if (!isOneOf(word, ['running', 'stopped', 'unknown'])) return undefined;
      return turned(before, word, event.occurredAt);
    // Where it came from, after a migration, its process has ended too.
    case 'guest.process.exited':
      return event.node === before.node ? turned(before, 'stopped', event.occurredAt) : undefined;
    case 'guest.node.changed':
      return event.node === undefined || event.node === before.node
        ? undefined
        : { ...before, node: event.node };
    case 'guest.lock.set': {
      const lock = event.facts['lock'];
      return typeof lock === 'string' ? { ...before, lock } : undefined;
    }
    case 'guest.lock.cleared': {
      const { lock: _, ...unlocked } = before;
      return unlocked;
    }
    default:
      return undefined;
  }
}

function turned(before: GuestState, status: GuestState['status'], at: string): GuestState | undefined {
  if (before.status === status) return undefined;
  return followRun(before, { ...before, status, since: at, observedAt: at });
}

function isOneOf<const T extends string>(word: string, words: readonly T[]): word is T {
  return (words as readonly string[]).includes(word); // a wider array is all `includes` needs
}
