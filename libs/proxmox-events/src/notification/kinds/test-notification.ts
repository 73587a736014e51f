import type { NotificationKind } from '../notification.ts';

const BODY = /^\s{0,8}This is a test of the notification target '([^'\n]{1,200})'/m;

/** The "Test" button of a notification target. It carries no fields at all, on either product. */
export const testNotification: NotificationKind = {
  name: 'test',
  type: 'notification.test.received',
  recognises: ({ title, body }) =>
    title === 'Test notification' || (title === '' && BODY.test(body.slice(0, 4_096))),
  read({ body }) {
    const target = BODY.exec(body.slice(0, 4_096))?.[1];
    return { evidence: target !== undefined, facts: target === undefined ? {} : { target } };
  },
};
