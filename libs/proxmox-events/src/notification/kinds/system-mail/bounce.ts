import type { NotificationReading, NotificationText } from '../../notification.ts';

const TITLE =
  /^(?:Undelivered Mail Returned to Sender|Delivery Status Notification \(Failure\)|Mail delivery failed)/i;

export function recognisesBounce({ title }: NotificationText): boolean {
  return TITLE.test(title);
}

/** A mail of a notification target came back: the operator is not hearing of what goes wrong. */
export function readBounce({ title, body, labels }: NotificationText): NotificationReading {
  const head = body.slice(0, 16_384);
  const recipient =
    /^\s{0,8}<([^<>\s]{1,254})>(?: \([^)\n]{0,300}\))?:/m.exec(head)?.[1] ??
    /^rfc822; ?(\S{1,254})$/i.exec(labels.get('final-recipient') ?? '')?.[1];
  const status = labels.get('status') ?? /\b([245]\.\d{1,3}\.\d{1,3})\b/.exec(head)?.[1];
  return {
    type: 'notification.delivery.failed',
    evidence: recipient !== undefined,
    facts: {
      mail_kind: 'dsn',
      subject: title,
      ...(recipient === undefined ? {} : { recipient }),
      ...(status !== undefined && /^[245]\.\d{1,3}\.\d{1,3}$/.test(status) ? { smtp_status: status } : {}),
    },
  };
}
