import type { NotificationKind } from '../notification.ts';
import { fencing } from './fencing.ts';
import { packageUpdates } from './package-updates.ts';
import { acme, thresholds } from './pbs-conditions.ts';
import { gc, prune, sync, verify } from './pbs-jobs.ts';
import { replication } from './replication.ts';
import { systemMail } from './system-mail/system-mail.ts';
import { tapeBackup, tapeLoad } from './tape.ts';
import { testNotification } from './test-notification.ts';
import { vzdump } from './vzdump.ts';

/** Every notification type of PVE 7–9 and PBS 2–4, in the order they are tried where no `type` field says which it is. */
export const NOTIFICATION_KINDS: readonly NotificationKind[] = [
  vzdump,
  replication,
  fencing,
  packageUpdates,
  gc,
  verify,
  prune,
  sync,
  tapeBackup,
  tapeLoad,
  acme,
  thresholds,
  testNotification,
  systemMail,
];

/** Other spellings of the `type` field: the PBS documentation says `verification` where its code sends `verify`. */
const ALIASES: Readonly<Record<string, string>> = { verification: 'verify' };

/** The kind of a `type` field; `undefined` for types of later versions. */
export function kindNamed(name: string): NotificationKind | undefined {
  const wanted = Object.hasOwn(ALIASES, name) ? ALIASES[name] : name;
  return NOTIFICATION_KINDS.find((kind) => kind.name === wanted);
}
