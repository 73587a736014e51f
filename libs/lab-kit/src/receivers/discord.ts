import { checkForm } from './discord-form.ts';
import { Failures } from './failures.ts';
import { isObject, jsonOf, listen, mediaType, type Received, type Reply } from './http-receiver.ts';
import { Inbox } from './inbox.ts';
import { RateLimit } from './rate-limit.ts';
import type { Receiver, ReceiverOptions } from './receiver.ts';

/** A message as Discord stores it; the keys a webhook can influence, and those that identify it. */
export interface DiscordMessage {
  readonly id: string;
  readonly type: 0;
  readonly content: string;
  readonly embeds: readonly Record<string, unknown>[];
  readonly channel_id: string;
  readonly webhook_id: string;
  readonly author: {
    readonly id: string;
    readonly username: string;
    readonly bot: true;
    readonly discriminator: '0000';
  };
  readonly timestamp: string;
  readonly edited_timestamp: string | null;
  readonly mention_everyone: boolean;
  readonly flags: number;
  /** What the sender allowed; not part of the real answer, kept for tests. */
  readonly allowed_mentions: unknown;
}

export interface DiscordOptions extends ReceiverOptions {
  /** Requests per window to one webhook; default 5 per 2,000 ms, as Discord has it. */
  readonly rateLimit?: { readonly limit: number; readonly perMs: number };
}

/** A pretend Discord: one incoming webhook with execute, get, edit and delete. */
export interface DiscordReceiver extends Receiver<DiscordMessage> {
  /** The secret URL to post to. */
  readonly webhookUrl: string;
  readonly webhookId: string;
  readonly channelId: string;
}

const WEBHOOK_ID = '1200000000000000002';
const TOKEN = 'lab-webhook-token-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ';
const CHANNEL_ID = '1100000000000000001';
const DISCORD_EPOCH = 1_420_070_400_000;
const FORM_TYPES = ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'];

/** Starts a pretend Discord. */
export async function startDiscord(options: DiscordOptions = {}): Promise<DiscordReceiver> {
  const now = options.now ?? Date.now;
  const inbox = new Inbox<DiscordMessage>();
  const failures = new Failures();
  // Windows are of the wall clock: a lab that runs faster must not let clients send faster than they do to Discord.
  const rate = new RateLimit(options.rateLimit?.limit ?? 5, options.rateLimit?.perMs ?? 2_000, Date.now);
  let sequence = 0;

  function snowflake(): string {
    // 22 bits below the time: worker, process and a counter of 12 bits.
    return String((BigInt(now() - DISCORD_EPOCH) << 22n) | BigInt(sequence++ & 0xfff));
  }

  function execute(request: Received): Reply {
    const { remaining, waitMs, resetMs } = rate.take();
    const headers = {
      'x-ratelimit-limit': String(rate.limit),
      'x-ratelimit-remaining': String(remaining),
      'x-ratelimit-reset': ((Date.now() + resetMs) / 1_000).toFixed(3),
      'x-ratelimit-reset-after': (resetMs / 1_000).toFixed(3),
      'x-ratelimit-bucket': 'lab',
    };
    if (waitMs > 0)
      return { ...limited(waitMs / 1_000), headers: { ...headers, ...limited(waitMs / 1_000).headers } };
    const refusal = failures.take();
    if (refusal !== undefined) {
      const reply =
        refusal.status === 429
          ? limited(Number(refusal.headers['retry-after'] ?? 1))
          : ordered(refusal.status);
      return { ...reply, headers: { ...headers, ...reply.headers, ...refusal.headers } };
    }
    return { headers, ...store(request) };
  }

  function store(request: Received): Reply {
    const form = formOf(request);
    if (form.kind === 'refused') return form.reply;
    return keep(request, form.fields);
  }

  function keep(request: Received, form: Record<string, unknown>): Reply {
    const errors = checkForm(form);
    if (errors !== undefined)
      return { status: 400, body: { message: 'Invalid Form Body', code: 50035, errors } };
    const content = text(form['content'], '').trim();
    const embeds = Array.isArray(form['embeds']) ? form['embeds'].filter(isObject) : [];
    if (content === '' && embeds.length === 0) {
      return { status: 400, body: { message: 'Cannot send an empty message', code: 50006 } };
    }
    const message: DiscordMessage = {
      id: snowflake(),
      type: 0,
      content,
      embeds: embeds.map((embed) => ({ type: 'rich', ...embed })),
      channel_id: CHANNEL_ID,
      webhook_id: WEBHOOK_ID,
      author: {
        id: WEBHOOK_ID,
        username: text(form['username'], 'proxmox-mcp'),
        bot: true,
        discriminator: '0000',
      },
      timestamp: stamp(now()),
      edited_timestamp: null,
      mention_everyone: /@(everyone|here)/.test(content) && mentionsAllowed(form['allowed_mentions']),
      flags: 0,
      allowed_mentions: form['allowed_mentions'],
    };
    inbox.add(message);
    return isTrue(request.query.get('wait')) ? { status: 200, body: publicPart(message) } : { status: 204 };
  }

  function stored(request: Received, id: string): Reply {
    const found = inbox.all().find((message) => message.id === id);
    if (found === undefined) return { status: 404, body: { message: 'Unknown Message', code: 10008 } };
    if (request.method === 'GET') return { status: 200, body: publicPart(found) };
    if (request.method === 'DELETE') {
      inbox.remove((message) => message.id === id);
      return { status: 204 };
    }
    const form = jsonOf(request.body);
    if (!isObject(form)) return invalidJson();
    const errors = checkForm(form);
    if (errors !== undefined)
      return { status: 400, body: { message: 'Invalid Form Body', code: 50035, errors } };
    // Edited in place: whoever holds the message sees the edit, as in a chat.
    Object.assign(found, {
      ...(typeof form['content'] === 'string' ? { content: form['content'] } : {}),
      ...(Array.isArray(form['embeds']) ? { embeds: form['embeds'] } : {}),
      edited_timestamp: stamp(now()),
    });
    return { status: 200, body: publicPart(found) };
  }

  const http = await listen((request) => {
    const match =
      /^\/api(?:\/v\d{1,2})?\/webhooks\/(\d{1,20})\/([^/]{1,200})(?:\/messages\/(\d{1,20}))?$/.exec(
        request.path,
      );
    if (match === null) return { status: 404, body: { message: '404: Not Found', code: 0 } };
    const [, id, token, messageId] = match;
    if (id !== WEBHOOK_ID) return { status: 404, body: { message: 'Unknown Webhook', code: 10015 } };
    if (token !== TOKEN) return { status: 401, body: { message: 'Invalid Webhook Token', code: 50027 } };
    if (messageId !== undefined) return stored(request, messageId);
    if (request.method === 'POST') return execute(request);
    if (request.method === 'GET') {
      return {
        status: 200,
        body: {
          id,
          type: 1,
          name: 'proxmox-mcp',
          avatar: null,
          channel_id: CHANNEL_ID,
          guild_id: null,
          application_id: null,
          token,
        },
      };
    }
    return { status: 405, body: { message: '405: Method Not Allowed', code: 0 } };
  }, options);

  return {
    url: http.url,
    webhookUrl: `${http.url}/api/webhooks/${WEBHOOK_ID}/${TOKEN}`,
    webhookId: WEBHOOK_ID,
    channelId: CHANNEL_ID,
    messages: () => inbox.all(),
    next: (predicate, timeoutMs) => inbox.next(predicate, timeoutMs),
    failNext: (count, status, headers) => failures.order(count, status, headers),
    close: () => http.close(),
  };
}

function limited(seconds: number): Reply {
  return {
    status: 429,
    // The header is whole seconds, the field is not.
    headers: { 'retry-after': String(Math.ceil(seconds)), 'x-ratelimit-scope': 'user' },
    body: { message: 'You are being rate limited.', retry_after: seconds, global: false },
  };
}

function ordered(status: number): Reply {
  return status >= 500
    ? {
        status,
        headers: { 'content-type': 'text/html' },
        body: `<html><head><title>${status}</title></head></html>`,
      }
    : { status, body: { message: `${status}: ordered by the lab`, code: 0 } };
}

function invalidJson(): Reply {
  return { status: 400, body: { message: 'The request body contains invalid JSON.', code: 50109 } };
}

type Form =
  | { readonly kind: 'form'; readonly fields: Record<string, unknown> }
  | { readonly kind: 'refused'; readonly reply: Reply };

/** The form of a request, or the reply that refuses it. Files are not taken. */
function formOf(request: Received): Form {
  const type = mediaType(request);
  if (!FORM_TYPES.includes(type)) {
    const expected = `Expected "Content-Type" header to be one of {${FORM_TYPES.map((t) => `'${t}'`).join(', ')}}.`;
    return { kind: 'refused', reply: { status: 400, body: { _misc: [expected] } } };
  }
  if (type === 'application/x-www-form-urlencoded') {
    return { kind: 'form', fields: Object.fromEntries(new URLSearchParams(request.body.toString('utf8'))) };
  }
  const json = jsonOf(request.body);
  return isObject(json) ? { kind: 'form', fields: json } : { kind: 'refused', reply: invalidJson() };
}

function text(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

function mentionsAllowed(allowed: unknown): boolean {
  if (!isObject(allowed)) return true;
  return Array.isArray(allowed['parse']) && allowed['parse'].includes('everyone');
}

function publicPart({ allowed_mentions: _, ...message }: DiscordMessage) {
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

/** Boolean query strings (Discord docs, Reference): true, True and 1. */
function isTrue(value: string | null): boolean {
  return value === 'true' || value === 'True' || value === '1';
}

/** `2026-03-14T01:07:32.410000+00:00`, as Discord writes times. */
function stamp(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000+00:00');
}
