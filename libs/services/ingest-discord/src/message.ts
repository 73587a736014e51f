import * as z from 'zod';
import { isSnowflake } from './snowflake.ts';

/** Text that may be missing or of another kind: strangers fill embeds, and one odd key must not lose a message. */
const lenientText = z.string().optional().catch(undefined);

const EmbedField = z.object({ name: z.string(), value: z.string() });

const Embed = z.object({
  type: lenientText,
  title: lenientText,
  description: lenientText,
  timestamp: lenientText,
  color: z.number().optional().catch(undefined),
  footer: z.object({ text: z.string() }).optional().catch(undefined),
  fields: z.array(EmbedField).max(25).optional().catch(undefined),
});
export type Embed = z.infer<typeof Embed>;

const snowflake = z.string().refine(isSnowflake, 'expected an id');
const rest = z.array(z.unknown()).default([]);

/** A message object of `GET /channels/{id}/messages` and of MESSAGE_CREATE, as far as we look at it; the rest is ignored. */
export const DiscordMessage = z.object({
  id: snowflake,
  channel_id: snowflake,
  content: z.string().max(20_000).default(''),
  embeds: z.array(Embed.catch({})).max(25).default([]),
  timestamp: lenientText,
  edited_timestamp: z.string().nullish(),
  webhook_id: z.string().nullish(),
  // Looked at only for whether there is anything in the message at all.
  attachments: rest,
  components: rest,
  sticker_items: rest,
  poll: z.object({}).nullish().catch(undefined),
});
export type DiscordMessage = z.infer<typeof DiscordMessage>;

/**
 * Whether everything a message can hold is empty. Discord takes no such message: it shows them so to a bot without the
 * Message Content intent (Discord docs, Message Content Intent), live and by REST.
 */
export function isStripped(message: DiscordMessage): boolean {
  const { content, embeds, attachments, components, sticker_items: stickers, poll } = message;
  return (
    content === '' &&
    (poll ?? undefined) === undefined &&
    [embeds, attachments, components, stickers].every(({ length }) => length === 0)
  );
}
