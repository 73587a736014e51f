import { bool, httpUrl, list, secret, text } from '@proxmox-mcp/config';
import { ChannelError, defineChannel } from '../channel.ts';
import { post } from '../post.ts';
import { renderApprise } from './render.ts';

/** Apprise API server: POST /notify/{key} for a stored configuration, /notify with addresses of our own. */
export const apprise = defineChannel({
  name: 'apprise',
  words: ['APPRISE', 'APPRISE_OUT', 'NOTIFY_APPRISE'],
  switchKey: 'NOTIFY_APPRISE_ENABLED',
  config: {
    NOTIFY_APPRISE_ENABLED: bool().optional().describe('Send notifications through an Apprise API server.'),
    NOTIFY_APPRISE_URL: secret()
      .pipe(httpUrl())
      .optional()
      .describe('Address with the key of a stored configuration, e.g. http://apprise:8000/notify/lab.'),
    NOTIFY_APPRISE_URLS: secret()
      .pipe(list())
      .optional()
      .describe('Apprise addresses to send to, separated by commas, instead of a stored configuration.'),
    NOTIFY_APPRISE_TAG: text().optional().describe('Only to the stored addresses with this tag.'),
  },
  faults: (config) => {
    if (config.NOTIFY_APPRISE_URL === undefined)
      return [{ key: 'NOTIFY_APPRISE_URL', message: 'address of the Apprise API' }];
    if (config.NOTIFY_APPRISE_URLS !== undefined || isWhole(config.NOTIFY_APPRISE_URL)) return [];
    return [
      {
        key: 'NOTIFY_APPRISE_URLS',
        message: 'whom to send to, as NOTIFY_APPRISE_URL names no /notify/KEY',
      },
    ];
  },
  create: (config, { dispatcher, now }) => ({
    async send(notification, signal) {
      const url = config.NOTIFY_APPRISE_URL ?? '';
      const to = { urls: config.NOTIFY_APPRISE_URLS, tag: config.NOTIFY_APPRISE_TAG };
      const { status } = await post({
        url: isWhole(url) ? url : `${url}/notify`,
        headers: { accept: 'application/json' },
        body: JSON.stringify(renderApprise(notification, to)),
        dispatcher,
        signal,
        now,
      });
      // Nothing is stored under the key or the tag: a success that tells nobody.
      if (status === 204) {
        const reason = 'no-recipient';
        throw new ChannelError({ retryable: true, reason, message: `posting notification: ${reason}` });
      }
      return {};
    },
  }),
});

/** With `/notify`: of a key, or alone, where the server has addresses of its own (`APPRISE_STATELESS_URLS`). */
function isWhole(url: string): boolean {
  return /\/notify(?:\/|$)/.test(new URL(url).pathname);
}
