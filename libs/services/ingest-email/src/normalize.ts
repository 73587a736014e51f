import { normalizeNotification, recogniseNotification, type HostIndex } from '@proxmox-mcp/proxmox-events';
import { InventorySource, type EventDraft, type NormalizeResult } from '@proxmox-mcp/schemas';
import { checkSender, type SenderPolicy } from './check-sender.ts';
import { originOf, type MailOrigin } from './mail-origin.ts';
import { isNodeHost } from './node-host.ts';
import { contentHash, type ParsedMail } from './parse.ts';

/** What the adapter knows besides the mail. */
export interface MailContext {
  readonly index: HostIndex;
  /** Absent: whoever sent it is believed, as where a recorded mail is read without an inventory. */
  readonly senders?: SenderPolicy;
  /** Address of the host that delivered it to us. */
  readonly peer?: string;
  /** When the mailbox got it, epoch seconds: for mails without a date. */
  readonly deliveredAt?: number;
  /** Identity where the mail has neither a Message-ID nor a date: its place in a mailbox. */
  readonly place?: string;
}

/** Source of events of hosts that are in no inventory. */
export const NO_SOURCE = 'email';

/** `Fwd:` and `Re:` as mail programs of several languages write them. No host writes any. */
const HUMAN_SUBJECT = /^\s*(?:re|fwd?|wg|aw|tr|rv|enc|antw|sv|vs)\s*(?:\[\d{1,4}\])?\s*:/i;

/** Turns a mail into what happened. Evidence is what a host itself sent, never what somebody passed on (PROXMOX §G.6). */
export function normalizeMail(mail: ParsedMail, context: MailContext): NormalizeResult {
  // Our own notifier may send to the same mailbox: its news are about events, not events.
  if (mail.isOwnNotification) return { ignore: true, reason: 'own-notification' };
  const refusal = context.senders === undefined ? undefined : checkSender(mail, context.senders);
  if (refusal !== undefined) return refusal;
  if (isPassedOn(mail, context.index)) {
    return { reject: true, reason: 'human-forward', detail: 'a reply or a forward is no evidence' };
  }
  const origin = originOf(mail, context.index, context.peer);
  const result = normalizeNotification(
    {
      ...contentOf(mail),
      ...(mail.date === undefined ? {} : { timestamp: mail.date }),
      ...(origin.host === undefined ? {} : { senderHost: origin.host }),
      ...(origin.product === undefined ? {} : { senderProduct: origin.product }),
      truncated: mail.truncated,
    },
    { sources: sourcesOf(context.index, origin) },
  );
  if (!('events' in result)) return result;
  const identity = identityOf(mail) ?? context.place;
  return { ...result, events: result.events.map((draft, index) => finish(draft, index, identity)) };

  function finish(found: EventDraft, index: number, mailIdentity: string | undefined): EventDraft {
    const { cluster, ...draft } = found;
    // The source that stands in for an empty inventory has a name, but is no place.
    const isNowhere = context.index.sources.length === 0 && draft.node === undefined;
    return {
      ...draft,
      ...(cluster === undefined || isNowhere ? {} : { cluster }),
      facts: {
        ...draft.facts,
        ...(mail.messageId === undefined ? {} : { message_id: mail.messageId.slice(0, 300) }),
      },
      ...(draft.at === undefined && context.deliveredAt !== undefined
        ? { occurredAtGuess: context.deliveredAt }
        : {}),
      ...(mailIdentity === undefined ? {} : { identity: `${mailIdentity}/${index}` }),
      text: { ...draft.text, title: mail.subject },
    };
  }
}

/** A reply, or what a person forwards. A delivery report refers to a mail and holds it, and is evidence of its own. */
function isPassedOn(mail: ParsedMail, index: HostIndex): boolean {
  if (mail.contentType === 'multipart/report') return false;
  if (mail.isReply) return true;
  const address = mail.from[0]?.address ?? '';
  // Daemons may begin a subject with `wg:` or attach a mail; nobody sits at a node's own address.
  if (isNodeHost(address.slice(address.lastIndexOf('@') + 1), index)) return false;
  return HUMAN_SUBJECT.test(mail.subject) || mail.hasEmbeddedMail;
}

/**
 * What makes a mail this mail: its Message-ID, else its content. `undefined` where it has no date either: tomorrow's equal
 * mail would be taken for today's.
 */
export function identityOf(mail: ParsedMail): string | undefined {
  if (mail.messageId !== undefined) return mail.messageId;
  return mail.date === undefined ? undefined : contentHash(mail);
}

/** Name of the inventory source that an event is of. */
export function sourceNameOf(draft: EventDraft, index: HostIndex): string {
  const { node, cluster, product } = draft;
  const sources = index.sources.filter((source) => source.product === product);
  const byNode = sources.filter(({ nodes }) => nodes.some(({ name }) => name === node));
  const found =
    byNode.find((source) => source.cluster === null || source.cluster === cluster) ??
    sources.find((source) => source.cluster !== null && source.cluster === cluster);
  return found?.id ?? NO_SOURCE;
}

/**
 * Title and text for the reading, with the type where only the mail's shape tells it. Templates can be rewritten by the admin,
 * subject and all; then the text alone decides. What is no notification is mail of the system that Proxmox passed on.
 */
function contentOf(mail: ParsedMail): {
  readonly title: string;
  readonly message: string;
  readonly fields?: Readonly<Record<string, string>>;
} {
  const { subject: title, text: message } = mail;
  if (recogniseNotification(title, message) !== undefined) return { title, message };
  if (!isNotification(mail)) return { title, message, fields: { type: 'system-mail' } };
  return recogniseNotification('', message) === undefined ? { title, message } : { title: '', message };
}

/** proxmox-notify renders every notification twice, as text and as HTML; the daemons' own mails are text. */
function isNotification({ contentType, autoSubmitted }: ParsedMail): boolean {
  return contentType === 'multipart/alternative' && autoSubmitted.startsWith('auto-generated');
}

function sourcesOf(
  { sources }: HostIndex,
  { product = 'pve' }: MailOrigin,
): readonly [InventorySource, ...InventorySource[]] {
  const [first, ...rest] = sources;
  return first === undefined ? [InventorySource.parse({ id: NO_SOURCE, product })] : [first, ...rest];
}
