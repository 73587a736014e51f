/** What kept a call from being answered. */
export type DiscordErrorKind =
  /** 401: the token is no token of a bot. */
  | 'auth'
  /** 403: the bot may not see the channel. */
  | 'access'
  /** 404 of a channel. */
  | 'unknown-channel'
  /** 429; `retryAfterMs` says when to come back. */
  | 'rate-limited'
  /** Another 4xx. */
  | 'refused'
  /** 5xx, no connection, or no answer in time. */
  | 'unreachable'
  /** An answer that is not Discord's: a proxy's page. */
  | 'not-discord';

/** A call to Discord failed. Its message holds no token and no text of the answer. */
export class DiscordError extends Error {
  override readonly name = 'DiscordError';
  readonly kind: DiscordErrorKind;
  /** Only of `rate-limited`. */
  readonly retryAfterMs: number | undefined;

  constructor(
    kind: DiscordErrorKind,
    message: string,
    options: ErrorOptions & { readonly retryAfterMs?: number } = {},
  ) {
    super(message, options);
    this.kind = kind;
    this.retryAfterMs = options.retryAfterMs;
  }
}
