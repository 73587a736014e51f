import { createHash, timingSafeEqual } from 'node:crypto';
import { headerOf, refuse, type DeliveryHead, type Refused } from './delivery.ts';

/** Headers besides `Authorization` that may carry the token, for targets whose proxy uses that one itself. */
const TOKEN_HEADERS = ['x-proxmox-token', 'x-webhook-token', 'x-gotify-key'];
const MASK = '***';

export interface TokenSettings {
  /** Opens every path. */
  readonly shared?: string | undefined;
  /** Source → a token that opens its paths only. */
  readonly bySource?: ReadonlyMap<string, string> | undefined;
  /** One more header, as `webhook.header` of the inventory has it: a name, or `Name: prefix <token>`. */
  readonly header?: string | undefined;
}

/** What a token opens: everything, or the paths of one source. */
export interface Grant {
  readonly source?: string;
}

/** The tokens that senders may show. */
export interface Tokens {
  /** Whether there is any: without one nobody is let in. */
  readonly isEmpty: boolean;
  /**
   * What the token shown opens; looked at before a byte of the body is read.
   *
   * @param inQuery whether `?token=` counts: only where the protocol has it so (Gotify), because URLs end up in logs.
   */
  check(head: Pick<DeliveryHead, 'headers' | 'url'>, inQuery?: boolean): Grant | Refused;
  /** The bytes with every token in them masked: a template may repeat its own secret, and no letter and no event may. */
  mask(raw: Buffer): Buffer;
}

/** Makes the check; comparing takes the same time whatever is shown. */
export function createTokens(settings: TokenSettings): Tokens {
  const known = [
    ...(settings.shared === undefined ? [] : [{ secret: settings.shared, grant: {} }]),
    ...[...(settings.bySource ?? [])].map(([source, secret]) => ({ secret, grant: { source } })),
  ].map((entry) => ({ ...entry, digest: digestOf(entry.secret) }));
  const own = ownHeader(settings.header);
  return {
    isEmpty: known.length === 0,
    check(head, inQuery = false) {
      const shown = shownToken(head, own) ?? (inQuery ? queryToken(head.url) : undefined);
      let grant: Grant | undefined;
      if (shown !== undefined) {
        const digest = digestOf(shown);
        // Every one is compared: the time must not tell which came close.
        for (const entry of known) if (timingSafeEqual(digest, entry.digest)) grant ??= entry.grant;
      }
      return grant ?? refuse('unauthorized', 'send the header Authorization: Bearer <WEBHOOK_IN_TOKEN>', 401);
    },
    mask(raw) {
      const found = known.filter(({ secret }) => raw.includes(secret));
      if (found.length === 0) return raw;
      const text = found.reduce((left, { secret }) => left.replaceAll(secret, MASK), raw.toString('utf8'));
      return Buffer.from(text, 'utf8');
    },
  };
}

interface OwnHeader {
  readonly name: string;
  readonly prefix: string;
}

function ownHeader(written: string | undefined): OwnHeader | undefined {
  const [, name, prefix = ''] = /^([\w-]{1,64})(?::([^<]{0,64})<token>)?$/.exec(written?.trim() ?? '') ?? [];
  return name === undefined ? undefined : { name: name.toLowerCase(), prefix: prefix.trim() };
}

function shownToken(head: Pick<DeliveryHead, 'headers'>, own: OwnHeader | undefined): string | undefined {
  const bearer = /^Bearer {1,8}(\S{1,1024})$/i.exec((headerOf(head, 'authorization') ?? '').trim())?.[1];
  if (bearer !== undefined) return bearer;
  const value = own === undefined ? undefined : headerOf(head, own.name)?.trim();
  if (own !== undefined && value?.startsWith(own.prefix) === true)
    return value.slice(own.prefix.length).trim();
  return TOKEN_HEADERS.map((name) => headerOf(head, name)?.trim()).find((text) => text !== undefined);
}

function queryToken(url: string): string | undefined {
  const query = url.split('?', 2)[1];
  return query === undefined ? undefined : (new URLSearchParams(query).get('token') ?? undefined);
}

/** Digests have one length, so neither content nor length of a token shows in the time a comparison takes. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
