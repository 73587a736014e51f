import { isObject } from '../http-receiver.ts';

/** Who wrote a message: a person, a bot, or a webhook under the name of the moment. */
export interface DiscordAuthor {
  readonly id: string;
  readonly username: string;
  readonly discriminator: string;
  readonly global_name: string | null;
  readonly avatar: null;
  readonly public_flags: 0;
  readonly flags: 0;
  readonly primary_guild: null;
  readonly bot?: true;
}

/** A message as Discord stores it. */
export interface DiscordMessage {
  readonly id: string;
  readonly type: 0;
  readonly content: string;
  readonly embeds: readonly Record<string, unknown>[];
  readonly channel_id: string;
  /** Absent from what people write. */
  readonly webhook_id?: string;
  readonly author: DiscordAuthor;
  readonly timestamp: string;
  readonly edited_timestamp: string | null;
  readonly mention_everyone: boolean;
  readonly flags: number;
  /** What the sender allowed; not part of the real answer, kept for tests. */
  readonly allowed_mentions: unknown;
}

const DISCORD_EPOCH = 1_420_070_400_000;

/** Makes ids that carry the time of `now` (Discord docs, Snowflakes): 22 bits of worker, process and counter below it. */
export function createSnowflakes(now: () => number): () => string {
  let sequence = 0;
  return () => String((BigInt(now() - DISCORD_EPOCH) << 22n) | BigInt(sequence++ & 0xfff));
}

/** `2026-03-14T01:07:32.410000+00:00`, as Discord writes times. */
export function stamp(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000+00:00');
}

export function author(id: string, username: string, isBot: boolean): DiscordAuthor {
  return {
    id,
    username,
    discriminator: isBot ? '0000' : '0',
    global_name: isBot ? null : username,
    avatar: null,
    public_flags: 0,
    flags: 0,
    primary_guild: null,
    ...(isBot ? { bot: true } : {}),
  };
}

/** Embeds of a form as they are answered: typed, with the defaults filled in. */
export function embedsOf(form: Readonly<Record<string, unknown>>): Record<string, unknown>[] {
  const embeds = Array.isArray(form['embeds']) ? form['embeds'].filter(isObject) : [];
  return embeds.map((embed) => ({
    type: 'rich',
    ...embed,
    ...(typeof embed['timestamp'] === 'string'
      ? { timestamp: new Date(embed['timestamp']).toISOString().replace('Z', '000+00:00') }
      : {}),
    ...(Array.isArray(embed['fields'])
      ? { fields: embed['fields'].filter(isObject).map((field) => ({ inline: false, ...field })) }
      : {}),
  }));
}

/** A message as it is answered and dispatched. */
export function publicPart({ allowed_mentions: _, ...message }: DiscordMessage): Record<string, unknown> {
  return {
    mentions: [],
    mention_roles: [],
    attachments: [],
    components: [],
    pinned: false,
    tts: false,
    ...message,
  };
}

/** What a bot without the MESSAGE_CONTENT intent sees of a message that neither is its own nor mentions it. */
export function withoutContent(message: Record<string, unknown>): Record<string, unknown> {
  return { ...message, content: '', embeds: [], attachments: [], components: [] };
}
