import {
  headerOf,
  mediaTypeOf,
  refuse,
  WEBHOOK_MAX_BODY_BYTES,
  type Delivery,
  type Refused,
} from './delivery.ts';

/** Keys that could reach `Object.prototype` through careless code further on. None of them is ever ours. */
const POISON: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const MAX_DEPTH = 16;
const MAX_FORM_FIELDS = 64;
const FORM = 'application/x-www-form-urlencoded';
const MULTIPART = 'multipart/form-data';

/** A body by its own format. */
export type Body =
  | { readonly kind: 'json'; readonly value: unknown }
  /** `title` stands in a header: ntfy, whose targets the Proxmox documentation shows, has it there. */
  | { readonly kind: 'text'; readonly text: string; readonly title: string };

/** How far a kind of hook goes along with its senders. */
export interface BodyOptions {
  /** A form is an object of texts; else it is plain text, as `curl -d` marks everything a form. */
  readonly forms: boolean;
}

/** Reads what the body says by its own format: JSON, a form, or plain text. */
export function parseBody(
  delivery: Pick<Delivery, 'headers' | 'body'>,
  { forms }: BodyOptions,
): Body | Refused {
  const { body } = delivery;
  if (body.length > WEBHOOK_MAX_BODY_BYTES)
    return refuse('too-large', `more than ${WEBHOOK_MAX_BODY_BYTES} bytes`, 413);
  const encoding = headerOf(delivery, 'content-encoding')?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'identity' && encoding !== '')
    return refuse('content-encoding', 'send the body as it is, without Content-Encoding', 415);
  // Bytes that are no UTF-8 become U+FFFD: the event says so, and the rest is not lost.
  const text = body.toString('utf8').replace(/^\uFEFF/, '');
  if (text.trim() === '') return refuse('empty', 'the body is empty');
  const type = mediaTypeOf(delivery);
  const isJson = type.endsWith('json');
  // Proxmox sends no Content-Type unless told to; a text target whose text is JSON is a JSON target.
  if (isJson || text.trimStart().startsWith('{')) {
    const parsed = readJson(text);
    if (parsed !== undefined) return checked(parsed.json);
    if (!type.startsWith('text/') && type !== FORM) {
      const detail =
        'the body is not valid JSON; write {{escape title}} and {{escape message}} in the template of the target';
      return refuse('invalid-json', detail);
    }
  }
  if (type === FORM && forms) return readForm(text);
  if (type === '' || type.startsWith('text/') || type === FORM)
    return { kind: 'text', text, title: headerOf(delivery, 'title')?.slice(0, 1_000) ?? '' };
  return refuse('content-type', 'send application/json or text/plain', 415);
}

/**
 * The delivery with a multipart form (what Gotify's own examples send) made a plain one; others as they are. Files in it are
 * left out.
 */
export async function flattenMultipart(delivery: Delivery): Promise<Delivery | Refused> {
  if (mediaTypeOf(delivery) !== MULTIPART) return delivery;
  try {
    const contentType = headerOf(delivery, 'content-type') ?? '';
    const form = await new Response(new Uint8Array(delivery.body), {
      headers: { 'content-type': contentType },
    }).formData();
    const texts = [...form].filter((pair): pair is [string, string] => typeof pair[1] === 'string');
    const body = Buffer.from(new URLSearchParams(texts).toString(), 'utf8');
    return { ...delivery, headers: { ...delivery.headers, 'content-type': FORM }, body };
  } catch {
    return refuse('invalid-form', 'the multipart form cannot be read');
  }
}

function readForm(text: string): Body | Refused {
  const fields = [...new URLSearchParams(text)];
  if (fields.length > MAX_FORM_FIELDS) return refuse('schema', `more than ${MAX_FORM_FIELDS} fields`);
  if (fields.some(([name]) => POISON.has(name)))
    return refuse('schema', 'a field of the form is not allowed');
  return { kind: 'json', value: Object.fromEntries(fields) };
}

function checked(value: unknown): Body | Refused {
  if (isPoisoned(value, 0))
    return refuse('schema', 'a key of the body is not allowed, or it is nested too deeply');
  return { kind: 'json', value };
}

/** Whether a poisonous key is anywhere, or the value is nested so deeply that looking would be the danger. */
function isPoisoned(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth > MAX_DEPTH) return true;
  return Object.entries(value).some(([key, item]) => POISON.has(key) || isPoisoned(item, depth + 1));
}

function readJson(text: string): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
