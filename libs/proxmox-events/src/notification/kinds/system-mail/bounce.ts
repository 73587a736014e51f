import type { NotificationReading, NotificationText } from '../../notification.ts';

const TITLE =
  /^(?:Undelivered Mail Returned to Sender|Undeliverable:|Delivery Status Notification \((?:Failure|Delay)\)|Delayed Mail|Mail delivery failed|Returned mail:|failure notice$)/i;
/** RFC 3464 §2.3.3: what a delivery report calls the other outcomes. */
const ARRIVED = new Set(['delivered', 'relayed', 'expanded']);
const STATUS = /^[245]\.\d{1,3}\.\d{1,3}$/;

/** By its title, or by the fields of a delivery report (RFC 3464), which a mail program shows as text. */
export function recognisesBounce({ title, labels }: NotificationText): boolean {
  return TITLE.test(title) || (labels.has('final-recipient') && labels.has('action'));
}

/** A mail of a notification target came back, or still waits: the operator is not hearing of what goes wrong. */
export function readBounce({ title, body, labels }: NotificationText): NotificationReading {
  const head = body.slice(0, 16_384);
  const recipient =
    /^rfc822; ?(\S{1,254})$/i.exec(labels.get('final-recipient') ?? '')?.[1] ??
    /^\s{0,8}<([^<>\s]{1,254})>(?: \([^)\n]{0,300}\))?:/m.exec(head)?.[1];
  const action = labels.get('action')?.toLowerCase();
  const said = labels.get('status');
  const status =
    said !== undefined && STATUS.test(said) ? said : /\b([245]\.\d{1,3}\.\d{1,3})\b/.exec(head)?.[1];
  return {
    type:
      action !== undefined && ARRIVED.has(action) ? 'system.mail.received' : 'notification.delivery.failed',
    evidence: recipient !== undefined,
    facts: {
      mail_kind: 'dsn',
      subject: title,
      ...(recipient === undefined ? {} : { recipient }),
      ...(status === undefined ? {} : { smtp_status: status }),
      ...(action === undefined ? {} : { action: action.slice(0, 20) }),
    },
  };
}
