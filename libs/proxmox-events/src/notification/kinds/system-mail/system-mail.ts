import type { NotificationKind, NotificationReading, NotificationText } from '../../notification.ts';
import { readBounce, recognisesBounce } from './bounce.ts';
import { readMdadm, recognisesMdadm } from './mdadm.ts';
import { readSmartd, recognisesSmartd } from './smartd.ts';
import { readZed, recognisesZed } from './zed.ts';

const CRON = /^(?:Cron <[^@>\s]{1,64}@([^>\s]{1,253})> |Anacron job '[^']{1,100}' on ([^\s]{1,253}))/;

/** A reader of one daemon's mails; `undefined`: not that daemon's. */
type Reader = readonly [
  recognises: (text: NotificationText) => boolean,
  read: (text: NotificationText) => NotificationReading,
];

const READERS: readonly Reader[] = [
  [recognisesSmartd, readSmartd],
  [recognisesZed, readZed],
  [recognisesMdadm, readMdadm],
  [recognisesBounce, readBounce],
  [({ title }) => CRON.test(title), readCron],
];

/** Mail to root that Proxmox forwards: smartd, zed, mdadm, cron, bounces, and whatever else. Its severity is `unknown`. */
export const systemMail: NotificationKind = {
  name: 'system-mail',
  type: 'system.mail.received',
  recognises: (text) => READERS.some(([recognises]) => recognises(text)),
  read(text) {
    const reader = READERS.find(([recognises]) => recognises(text));
    if (reader !== undefined) return reader[1](text);
    return { evidence: true, facts: { mail_kind: 'other', subject: text.title } };
  },
};

function readCron({ title }: NotificationText): NotificationReading {
  const named = CRON.exec(title);
  const host = named?.[1] ?? named?.[2];
  return {
    evidence: true,
    ...(host === undefined ? {} : { node: host }),
    facts: { mail_kind: 'cron', subject: title },
  };
}
