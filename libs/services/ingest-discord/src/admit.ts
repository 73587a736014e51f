import { OWN_NOTIFICATION } from '@proxmox-mcp/schemas';
import { isStripped, type DiscordMessage } from './message.ts';
import type { Refused } from './parse.ts';

/** Whose messages count. */
export interface Admission {
  readonly channels: ReadonlySet<string>;
  readonly webhooks: ReadonlySet<string>;
}

/** What a message is instead of evidence. */
export type NotAdmitted = Refused | { readonly ignore: true; readonly reason: 'own-notification' };

export const EMPTY_CONTENT = 'empty-content';
export const NOT_CONFIGURED = 'not-from-configured-webhook';

/**
 * Says why a message is no evidence; `undefined` when it is. Who posted is told by `webhook_id` alone: names are free text
 * (PROXMOX §C.5).
 */
export function admit(message: DiscordMessage, { channels, webhooks }: Admission): NotAdmitted | undefined {
  const webhook = message.webhook_id ?? undefined;
  if (webhook !== undefined && isOwn(message)) return { ignore: true, reason: 'own-notification' };
  if (!channels.has(message.channel_id)) return refuse('unknown-channel', 'the channel is not one of ours');
  if (webhook === undefined) return refuse(NOT_CONFIGURED, 'written by a person or a bot, not by a webhook');
  if (!webhooks.has(webhook))
    return refuse(NOT_CONFIGURED, `webhook ${webhook} is not in DISCORD_IN_WEBHOOK_IDS`);
  if (typeof message.edited_timestamp === 'string')
    return refuse('edited', 'the message was edited after it was posted');
  if (isStripped(message)) return refuse(EMPTY_CONTENT, 'the bot lacks the Message Content intent');
  return undefined;
}

/** Whether our notifier posted it: it says so in the line below its embed. */
function isOwn({ embeds }: DiscordMessage): boolean {
  return embeds.some(({ footer }) => footer?.text.startsWith(OWN_NOTIFICATION.discordFooter) === true);
}

function refuse(reason: string, detail: string): Refused {
  return { reject: true, reason, detail };
}
