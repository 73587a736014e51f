import { bool, httpUrl, secret, text } from '@proxmox-mcp/config';
import * as z from 'zod';
import { ChannelError, defineChannel, type Sent } from '../channel.ts';
import { post } from '../post.ts';
import { replaceOrSend } from '../replace.ts';
import { renderSlack } from './render.ts';

const Refused = z.object({ ok: z.literal(false), error: z.string() });
const Accepted = z.object({ channel: z.string(), ts: z.string() });

/** Errors of chat.postMessage and chat.update that say the message is at fault. */
const MESSAGE_AT_FAULT = new Set(['invalid_blocks', 'invalid_blocks_format', 'msg_too_long', 'no_text']);
/** Errors of chat.update that say the earlier message is gone or fixed. */
const GONE = ['message_not_found', 'cant_update_message', 'edit_window_closed'];

/** Slack: an incoming webhook, or the Web API with a bot token, which can also edit. */
export const slack = defineChannel({
  name: 'slack',
  words: ['SLACK', 'SLACK_OUT'],
  switchKey: 'SLACK_ENABLED',
  config: {
    SLACK_ENABLED: bool().optional().describe('Send notifications to a Slack channel.'),
    SLACK_WEBHOOK_URL: secret()
      .pipe(httpUrl())
      .optional()
      .describe('Incoming webhook. Whoever knows it can post; not used when there is a bot token.'),
    SLACK_BOT_TOKEN: secret()
      .optional()
      .describe(
        'Bot token (xoxb-…) with chat:write; the end of an incident is then edited into its opening.',
      ),
    SLACK_CHANNEL: text().optional().describe('Channel the bot writes to: its id, or #name.'),
    SLACK_API_URL: httpUrl()
      .default('https://slack.com/api')
      .describe('Address of the Web API, for GovSlack and proxies.'),
  },
  faults: (config) => {
    if (config.SLACK_BOT_TOKEN !== undefined) {
      return config.SLACK_CHANNEL === undefined
        ? [{ key: 'SLACK_CHANNEL', message: 'the channel the bot writes to' }]
        : [];
    }
    return config.SLACK_WEBHOOK_URL === undefined
      ? [{ key: 'SLACK_WEBHOOK_URL', message: 'an incoming webhook, or SLACK_BOT_TOKEN' }]
      : [];
  },
  create: (config, { dispatcher, now, actLinks }) => ({
    async send(notification, signal, earlier) {
      const message = renderSlack(notification, actLinks?.(notification));
      if (config.SLACK_BOT_TOKEN === undefined) {
        const body = JSON.stringify(message);
        await post({ url: config.SLACK_WEBHOOK_URL ?? '', headers: {}, body, dispatcher, signal, now });
        return {};
      }
      return replaceOrSend(earlier, {
        send: () => call('chat.postMessage', { ...message, channel: config.SLACK_CHANNEL }),
        edit: (remoteId) => {
          // chat.update wants the channel's id, which only the answer to the opening told.
          const [channel, ts] = remoteId.split('/');
          return call('chat.update', { ...message, channel, ts });
        },
        gone: GONE,
      });

      async function call(method: string, body: unknown): Promise<Sent> {
        const { json } = await post({
          url: `${config.SLACK_API_URL}/${method}`,
          headers: { authorization: `Bearer ${config.SLACK_BOT_TOKEN}` },
          body: JSON.stringify(body),
          dispatcher,
          signal,
          now,
        });
        throwRefusal(json);
        const accepted = Accepted.safeParse(json);
        return accepted.success ? { remoteId: `${accepted.data.channel}/${accepted.data.ts}` } : {};
      }
    },
  }),
});

/** The Web API refuses with 200 and a word. */
function throwRefusal(json: unknown): void {
  const refused = Refused.safeParse(json);
  if (!refused.success) return;
  // A word of theirs becomes a label of ours only in their form.
  const reason = /^[a-z_]{1,40}$/.test(refused.data.error) ? refused.data.error : 'refused';
  const retryable = !MESSAGE_AT_FAULT.has(reason);
  throw new ChannelError({ retryable, reason, message: `posting notification: ${reason}` });
}
