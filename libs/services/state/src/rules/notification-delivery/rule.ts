import { textIn } from '../../facts/keys/key.ts';
import { objectPath, troubleIn } from '../of-fact.ts';
import { defineFactRule } from '../rule.ts';

const FAILED = 'notification.delivery.failed';

/** A mail of Proxmox came back: somebody does not hear of what goes wrong. */
export const notificationDelivery = defineFactRule({
  name: 'notification-delivery',
  condition: FAILED,
  summary: 'A notification of Proxmox could not be delivered. Over after a day without another one.',
  types: [FAILED],
  defaults: { enabled: true, for: 0, clearFor: 0 },
  read(fact) {
    const recipient = textIn(fact, 'recipient') ?? textIn(fact, 'target');
    const object = objectPath('notification', recipient ?? fact.node ?? 'unknown');
    const status = textIn(fact, 'smtp_status');
    return {
      trouble: {
        ...troubleIn(fact),
        condition: FAILED,
        anchor: object,
        object,
        severity: 'warning',
        title: `Notifications${recipient === undefined ? '' : ` to ${recipient.slice(0, 100)}`} are not delivered`,
        ...(status === undefined ? {} : { cause: `the mail server answered ${status}` }),
        expiresAfter: 86_400,
      },
    };
  },
});
