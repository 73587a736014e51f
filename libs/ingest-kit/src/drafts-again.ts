import type { EventDraft, NormalizeResult } from '@proxmox-mcp/schemas';
import type { InputNotes } from './keep-input.ts';

/** The parts of a draft that say which object it is about, as one word. */
export function draftSubject({ guest, node, storage }: EventDraft): string {
  return guest ? `guest/${guest.vmid}` : `${node ?? ''}/${storage ?? ''}`;
}

/**
 * What an adapter notes for a draft whose input says more than the draft does, or not what makes it this draft: a pair of rows has
 * the node of its guest in it, and no identity.
 */
export function draftNotes(draft: EventDraft): Readonly<Record<string, unknown>> {
  return { identity: draft.identity, type: draft.type, subject: draftSubject(draft) };
}

/**
 * The same for an input with one draft, whose identity has in it what only the way in knows: which server numbers the message. Nothing where
 * the input says it all.
 */
export function identityNotes(result: NormalizeResult): Pick<InputNotes, 'context'> {
  const [only, ...others] = 'events' in result ? result.events : [];
  return only?.identity === undefined || others.length > 0 ? {} : { context: { identity: only.identity } };
}

/** Of the drafts that an input gives when it is read again, those it was kept for, with the identity they were told under. */
export function draftsAgain(
  drafts: readonly EventDraft[],
  context: Readonly<Record<string, unknown>> = {},
): readonly EventDraft[] {
  const { identity, type, subject } = context;
  if (typeof identity !== 'string') return drafts;
  const own =
    type === undefined ? drafts : drafts.filter((d) => d.type === type && draftSubject(d) === subject);
  return own.slice(0, 1).map((draft) => ({ ...draft, identity }));
}
