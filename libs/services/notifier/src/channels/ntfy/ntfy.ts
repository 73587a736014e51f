import { bool, httpUrl, secret } from '@proxmox-mcp/config';
import * as z from 'zod';
import { defineChannel } from '../channel.ts';
import { post } from '../post.ts';
import { renderNtfy } from './render.ts';

const Answer = z.object({ id: z.string() });

/** ntfy: JSON to the server's root (ntfy docs, "Publish as JSON"): titles in headers would have to be ASCII. */
export const ntfy = defineChannel({
  name: 'ntfy',
  words: ['NTFY', 'NTFY_OUT'],
  switchKey: 'NTFY_ENABLED',
  config: {
    NTFY_ENABLED: bool().optional().describe('Send notifications to an ntfy topic.'),
    NTFY_TOPIC: secret()
      .pipe(z.string().regex(/^[-_A-Za-z0-9]{1,64}$/, 'expected 1 to 64 of A-Z a-z 0-9 - _'))
      .optional()
      .describe('ntfy topic. On a public server whoever knows it can read.'),
    NTFY_SERVER_URL: httpUrl().default('https://ntfy.sh').describe('Address of the ntfy server.'),
    NTFY_TOKEN: secret().optional().describe('ntfy access token, for topics that want one.'),
  },
  faults: (config) =>
    config.NTFY_TOPIC === undefined ? [{ key: 'NTFY_TOPIC', message: 'the topic to publish to' }] : [],
  create: (config, { dispatcher, now, actLinks }) => ({
    async send(notification, signal) {
      const { json } = await post({
        url: `${config.NTFY_SERVER_URL}/`,
        headers: config.NTFY_TOKEN === undefined ? {} : { authorization: `Bearer ${config.NTFY_TOKEN}` },
        body: renderNtfy(notification, config.NTFY_TOPIC ?? '', actLinks?.(notification)),
        dispatcher,
        signal,
        now,
      });
      const answer = Answer.safeParse(json);
      return answer.success ? { remoteId: answer.data.id } : {};
    },
  }),
});
