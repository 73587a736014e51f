import { ApiError } from './api-error.ts';
import type { Routes } from './call.ts';

export const notificationRoutes: Routes = {
  'GET /cluster/notifications/targets': (call) =>
    call.site.notificationTargets.map((name) =>
      name === 'mail-to-root'
        ? { name, type: 'sendmail', origin: 'builtin', comment: "Send mails to root@pam's email address" }
        : { name, type: 'webhook', origin: 'user-created' },
    ),
  'POST /cluster/notifications/targets/{name}/test': (call) => {
    const name = call.text('name') ?? '';
    if (!call.site.notificationTargets.includes(name))
      throw new ApiError(404, `endpoint '${name}' does not exist`);
    call.site.notify(call.local.name, {
      type: 'test',
      severity: 'info',
      timestamp: call.site.seconds(),
      fields: {},
      title: 'Test notification ',
      body: `This is a test of the notification target '${name}'.\n`,
    });
    return null;
  },
};
