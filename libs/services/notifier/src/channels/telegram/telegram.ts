import { bool, httpUrl, int, secret, text } from '@proxmox-mcp/config';
import * as z from 'zod';
import { ChannelError, defineChannel } from '../channel.ts';
import { type Answer, type Fault, post } from '../post.ts';
import { replaceOrSend } from '../replace.ts';
import { renderTelegram } from './render.ts';

const Accepted = z.object({ result: z.object({ message_id: z.int() }) });
const Refused = z.object({
  description: z.string().optional(),
  parameters: z
    .object({ retry_after: z.number().nonnegative().optional(), migrate_to_chat_id: z.number().optional() })
    .optional(),
});

const UNCHANGED = 'unchanged';

/** Telegram Bot API: sendMessage and editMessageText. Its paths hold the token; there is no other way. */
export const telegram = defineChannel({
  name: 'telegram',
  words: ['TELEGRAM', 'TELEGRAM_OUT'],
  switchKey: 'TELEGRAM_ENABLED',
  config: {
    TELEGRAM_ENABLED: bool().optional().describe('Send notifications to a Telegram chat.'),
    TELEGRAM_BOT_TOKEN: secret()
      .refine((token) => /^[A-Za-z0-9:_-]{1,200}$/.test(token), 'expected a token as BotFather gives it')
      .optional()
      .describe('Token of the bot, as BotFather gives it.'),
    TELEGRAM_CHAT_ID: text().optional().describe('Chat the bot writes to: a number, or @name of a channel.'),
    TELEGRAM_TOPIC_ID: int(1).optional().describe('Topic of a group that has topics.'),
    TELEGRAM_API_URL: httpUrl()
      .default('https://api.telegram.org')
      .describe('Address of the Bot API, for a server of your own.'),
  },
  faults: (config) => [
    ...(config.TELEGRAM_BOT_TOKEN === undefined
      ? [{ key: 'TELEGRAM_BOT_TOKEN', message: 'token of the Telegram bot' }]
      : []),
    ...(config.TELEGRAM_CHAT_ID === undefined
      ? [{ key: 'TELEGRAM_CHAT_ID', message: 'the chat to write to' }]
      : []),
  ],
  create: (config, { dispatcher, now, actLinks }) => ({
    send(notification, signal, earlier) {
      const isQuiet = notification.severity === 'info' || notification.severity === 'notice';
      const message = {
        chat_id: config.TELEGRAM_CHAT_ID,
        text: renderTelegram(notification, actLinks?.(notification)),
        parse_mode: 'HTML',
        // A preview would fetch the links, for everybody to see.
        link_preview_options: { is_disabled: true },
      };
      return replaceOrSend(earlier, {
        async send() {
          const topic = config.TELEGRAM_TOPIC_ID;
          const { json } = await call('sendMessage', {
            ...message,
            disable_notification: isQuiet,
            ...(topic === undefined ? {} : { message_thread_id: topic }),
          });
          const accepted = Accepted.safeParse(json);
          return accepted.success ? { remoteId: String(accepted.data.result.message_id) } : {};
        },
        async edit(remoteId) {
          try {
            await call('editMessageText', { ...message, message_id: Number(remoteId) });
          } catch (error) {
            // The attempt before this one was answered after we had stopped to listen.
            if (!(error instanceof ChannelError && error.reason === UNCHANGED)) throw error;
          }
          return { remoteId };
        },
        gone: ['http-400'],
      });

      function call(method: string, body: unknown): Promise<Answer> {
        return post({
          url: `${config.TELEGRAM_API_URL}/bot${config.TELEGRAM_BOT_TOKEN}/${method}`,
          headers: {},
          body: JSON.stringify(body),
          dispatcher,
          signal,
          now,
          fault,
        });
      }
    },
  }),
});

function fault({ json }: Answer): Fault | undefined {
  const { parameters, description } = Refused.safeParse(json).data ?? {};
  // The one answer of the Bot API that has a meaning of its own only in its words.
  if (description?.includes('message is not modified')) return { reason: UNCHANGED };
  if (parameters?.retry_after !== undefined) return { retryAfterMs: parameters.retry_after * 1_000 };
  // A group that became a supergroup has a new id, which the operator has to write down.
  return parameters?.migrate_to_chat_id === undefined ? undefined : { retryable: true, reason: 'chat-moved' };
}
