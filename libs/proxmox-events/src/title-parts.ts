import type { EventDraft } from '@proxmox-mcp/schemas';
import { oneLine } from './text.ts';

const KIND_WORD = { qemu: 'VM', lxc: 'CT', unknown: 'guest' } as const;

/** A fact as short text; `undefined` when it is absent, empty or neither text nor number. */
export function fact(draft: EventDraft, key: string): string | undefined {
  const value = draft.facts[key];
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') return undefined;
  return oneLine(value, 120) || undefined;
}

/** `VM 101 (web01)`, `CT 205`, `guest 110`; `a guest` where the input names none. */
export function guestOf(draft: EventDraft): string {
  if (!draft.guest) return 'a guest';
  const name = draft.guest.name ?? fact(draft, 'name');
  return `${KIND_WORD[draft.guest.kind]} ${draft.guest.vmid}${name === undefined ? '' : ` (${oneLine(name, 80)})`}`;
}

/** What the event is about, the narrowest thing first: guest, storage, node, cluster. */
export function subjectOf(draft: EventDraft): string | undefined {
  if (draft.guest) return guestOf(draft);
  if (draft.storage !== undefined)
    return `${draft.product === 'pbs' ? 'Datastore' : 'Storage'} ${draft.storage}`;
  if (draft.node !== undefined) return `Node ${draft.node}`;
  return draft.cluster === undefined ? undefined : `Cluster ${draft.cluster}`;
}

/** Text somebody else wrote, in quotes, so that nobody takes it for ours. */
export function quoted(text: string): string {
  return `"${oneLine(text, 160).replaceAll('"', "'")}"`;
}
