import { bool, httpUrl, secret } from '@proxmox-mcp/config';
import * as z from 'zod';
import { ChannelError, defineChannel } from '../channel.ts';
import { post } from '../post.ts';
import { renderGotify } from './render.ts';

const Answer = z.object({ id: z.number() });

/** Gotify server: POST /message with an application token (gotify/server docs/spec.json, createMessage). */
export const gotify = defineChannel({
  name: 'gotify',
  words: ['GOTIFY_OUT', 'GOTIFY'],
  switchKey: 'GOTIFY_OUT_ENABLED',
  config: {
    GOTIFY_OUT_ENABLED: bool().optional().describe('Send notifications to Gotify.'),
    GOTIFY_OUT_SERVER_URL: httpUrl()
      .optional()
      .describe('Address of the Gotify server, e.g. https://gotify.example.net.'),
    GOTIFY_OUT_APP_TOKEN: secret()
      .optional()
      .describe('Token of the Gotify application that the messages belong to.'),
    GOTIFY_OUT_CLIENT_TOKEN: secret()
      .optional()
      .describe('Token of a Gotify client; with it the end of an incident takes the place of its opening.'),
  },
  faults: (config) => [
    ...(config.GOTIFY_OUT_SERVER_URL === undefined
      ? [{ key: 'GOTIFY_OUT_SERVER_URL', message: 'address of the Gotify server' }]
      : []),
    ...(config.GOTIFY_OUT_APP_TOKEN === undefined
      ? [{ key: 'GOTIFY_OUT_APP_TOKEN', message: 'token of a Gotify application' }]
      : []),
  ],
  create: (config, { dispatcher, now }) => ({
    async send(notification, signal, earlier) {
      const { json } = await post({
        url: `${config.GOTIFY_OUT_SERVER_URL}/message`,
        // In a header, not in `?token=`, which proxies write into their logs.
        headers: { 'x-gotify-key': config.GOTIFY_OUT_APP_TOKEN ?? '' },
        body: JSON.stringify(renderGotify(notification)),
        dispatcher,
        signal,
        now,
      });
      if (earlier !== undefined) await withdraw(earlier.remoteId, signal);
      const answer = Answer.safeParse(json);
      return answer.success ? { remoteId: String(answer.data.id) } : {};

      // After the new one: were it before, a server that fails between the two would have neither.
      async function withdraw(remoteId: string, within: AbortSignal): Promise<void> {
        const token = config.GOTIFY_OUT_CLIENT_TOKEN;
        if (token === undefined) return;
        try {
          await post({
            method: 'DELETE',
            url: `${config.GOTIFY_OUT_SERVER_URL}/message/${encodeURIComponent(remoteId)}`,
            headers: { 'x-gotify-key': token },
            dispatcher,
            signal: within,
            now,
          });
        } catch (error) {
          // The new message is there: telling it again would be worse than an old one that stays.
          if (!(error instanceof ChannelError)) throw error;
        }
      }
    },
  }),
});
