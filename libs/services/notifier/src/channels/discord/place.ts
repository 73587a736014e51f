import { hash } from 'node:crypto';

/** Where messages go, and as whom. */
export interface Place {
  readonly headers: Readonly<Record<string, string>>;
  /** URL to post a message to. */
  readonly post: string;
  /** URL to edit one at. */
  edit(messageId: string): string;
  /** What a new message says beside its content. @param id idempotency key. */
  extras(id: string): Readonly<Record<string, unknown>>;
}

/** A webhook. Its URL is its secret, and may name a thread. */
export function webhookPlace(webhookUrl: string): Place {
  const at = (path: string, query: Readonly<Record<string, string>>) => {
    const url = new URL(webhookUrl);
    url.pathname += path;
    for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
    return url.href;
  };
  // A webhook of no application may have link buttons, but has to say so.
  const components = { with_components: 'true' };
  return {
    headers: {},
    // Without `wait` Discord answers 204 before the message is saved, and says nothing when it is not.
    post: at('', { wait: 'true', ...components }),
    edit: (messageId) => at(`/messages/${encodeURIComponent(messageId)}`, components),
    extras: () => ({}),
  };
}

/** A bot in a channel. */
export function botPlace(apiUrl: string, token: string, channelId: string): Place {
  const messages = `${apiUrl}/v10/channels/${encodeURIComponent(channelId)}/messages`;
  return {
    headers: { authorization: `Bot ${token}` },
    post: messages,
    edit: (messageId) => `${messages}/${encodeURIComponent(messageId)}`,
    // 25 characters at most; Discord answers the message it has when it saw the nonce in the last minutes.
    extras: (id) => ({ nonce: hash('sha256', id, 'hex').slice(0, 25), enforce_nonce: true }),
  };
}
