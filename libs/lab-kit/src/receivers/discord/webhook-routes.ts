import type { Failures } from '../failures.ts';
import { isObject, jsonOf, mediaType, type Received, type Reply } from '../http-receiver.ts';
import {
  Buckets,
  fault,
  invalidForm,
  invalidJson,
  isSnowflake,
  notAllowed,
  ordered,
  snowflakeError,
  unknownMessage,
  type RateLimitSetting,
} from './answers.ts';
import { checkForm } from './form.ts';
import type { Guild, GuildWebhook } from './guild.ts';
import { author, publicPart } from './message.ts';

const FORM_TYPES = ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'];
const PATH = /^\/webhooks\/(\d{1,20})\/([^/]{1,200})(?:\/messages\/(\d{1,20}))?$/;

export interface WebhookRoutesOptions {
  readonly guild: Guild;
  readonly failures: Failures;
  /** Requests per window to one webhook. */
  readonly rateLimit: RateLimitSetting;
}

/** Execute, get, edit and delete with the webhook's own token (Discord docs, Webhook Resource). */
export function createWebhookRoutes({ guild, failures, rateLimit }: WebhookRoutesOptions) {
  const buckets = new Buckets();

  function execute(webhook: GuildWebhook, request: Received): Reply {
    const refusal = failures.take();
    if (refusal !== undefined) return ordered(refusal.status, refusal.headers);
    const form = formOf(request);
    if (form.kind === 'refused') return form.reply;
    const { fields } = form;
    const errors = checkForm(fields);
    if (errors !== undefined) return invalidForm(errors);
    const isBlank = typeof fields['content'] !== 'string' || fields['content'].trim() === '';
    if (isBlank && !(Array.isArray(fields['embeds']) && fields['embeds'].some(isObject))) {
      return fault(400, 50006, 'Cannot send an empty message');
    }
    const name = typeof fields['username'] === 'string' ? fields['username'] : 'proxmox-mcp';
    const message = guild.post(webhook.channelId, author(webhook.id, name, true), fields, webhook.id);
    return isTrue(request.query.get('wait')) ? { status: 200, body: publicPart(message) } : { status: 204 };
  }

  function stored(webhook: GuildWebhook, request: Received, messageId: string): Reply {
    const found = guild.inbox.all().find(({ id, webhook_id: by }) => id === messageId && by === webhook.id);
    if (found === undefined) return unknownMessage();
    switch (request.method) {
      case 'GET':
        return { status: 200, body: publicPart(found) };
      case 'DELETE':
        guild.remove(found);
        return { status: 204 };
      case 'PATCH': {
        const form = jsonOf(request.body);
        if (!isObject(form)) return invalidJson();
        const errors = checkForm(form);
        if (errors !== undefined) return invalidForm(errors);
        guild.edit(found, form);
        return { status: 200, body: publicPart(found) };
      }
      default:
        return notAllowed();
    }
  }

  function answer(webhook: GuildWebhook, request: Received, messageId: string | undefined): Reply {
    const thread = request.query.get('thread_id');
    if (thread !== null && !isSnowflake(thread)) return invalidForm({ thread_id: snowflakeError(thread) });
    // There are no threads in the lab.
    if (thread !== null) return fault(404, 10003, 'Unknown Channel');
    if (messageId !== undefined) return stored(webhook, request, messageId);
    if (request.method === 'POST') return execute(webhook, request);
    return request.method === 'GET' ? { status: 200, body: describe(guild, webhook) } : notAllowed();
  }

  /** @returns `undefined` for a path of others. */
  return (path: string, request: Received): Reply | undefined => {
    const match = PATH.exec(path);
    if (match === null) return undefined;
    const [, id = '', token, messageId] = match;
    const webhook = guild.webhooks.get(id);
    if (webhook === undefined) return fault(404, 10015, 'Unknown Webhook');
    if (token !== webhook.token) return fault(401, 50027, 'Invalid Webhook Token');
    return buckets.answer(`${request.method} ${id}`, rateLimit, () => answer(webhook, request, messageId));
  };
}

function describe(guild: Guild, { id, token, channelId }: GuildWebhook): Record<string, unknown> {
  return {
    id,
    type: 1,
    name: 'proxmox-mcp',
    avatar: null,
    channel_id: channelId,
    guild_id: guild.id,
    application_id: null,
    token,
  };
}

type Form =
  | { readonly kind: 'form'; readonly fields: Record<string, unknown> }
  | { readonly kind: 'refused'; readonly reply: Reply };

/** The form of a request, or the reply that refuses it. Files are not taken. */
function formOf(request: Received): Form {
  const type = mediaType(request);
  if (!FORM_TYPES.includes(type)) {
    const expected = `Expected "Content-Type" header to be one of {${FORM_TYPES.map((t) => `'${t}'`).join(', ')}}.`;
    return { kind: 'refused', reply: fault(400, 50035, expected) };
  }
  if (type === 'application/x-www-form-urlencoded') {
    return { kind: 'form', fields: Object.fromEntries(new URLSearchParams(request.body.toString('utf8'))) };
  }
  const json = jsonOf(request.body);
  return isObject(json) ? { kind: 'form', fields: json } : { kind: 'refused', reply: invalidJson() };
}

/** Boolean query strings (Discord docs, Reference): true, True and 1. */
function isTrue(value: string | null): boolean {
  return value === 'true' || value === 'True' || value === '1';
}
