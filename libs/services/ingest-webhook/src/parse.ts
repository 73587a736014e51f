import type { NotificationInput } from '@proxmox-mcp/proxmox-events';
import * as z from 'zod';
import { headerOf, WEBHOOK_MAX_BODY_BYTES, type Delivery, type Refused } from './delivery.ts';

/** Keys that could reach `Object.prototype` through careless code further on. None of them is ever ours. */
const POISON: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const MAX_DEPTH = 8;
const MAX_FIELDS = 64;

/**
 * The body of the target this product recommends (README), or any JSON with a `message`, or the examples of the Proxmox
 * documentation for Discord (`content`) and Slack (`text`). Unknown keys are ignored.
 */
const JsonBody = z.object({
  title: z.string().optional(),
  message: z.string().optional(),
  content: z.string().optional(),
  text: z.string().optional(),
  severity: z.string().max(40).optional(),
  timestamp: z
    .union([
      z.number().min(0).max(99_999_999_999),
      z
        .string()
        .regex(/^\d{1,11}$/)
        .transform(Number),
    ])
    .optional(),
  fields: z
    .record(z.string().max(200), z.string().max(4_096))
    .refine((fields) => Object.keys(fields).length <= MAX_FIELDS)
    .optional(),
});

/** Reads what the body says by its own format: our JSON, other JSON, or plain text. */
export function parseBody(delivery: Pick<Delivery, 'headers' | 'body'>): NotificationInput | Refused {
  const { body } = delivery;
  if (body.length > WEBHOOK_MAX_BODY_BYTES) {
    return refuse('too-large', `more than ${WEBHOOK_MAX_BODY_BYTES} bytes`, 413);
  }
  const text = body.toString('utf8').replace(/^\uFEFF/, '');
  if (text.trim() === '') return refuse('empty', 'the body is empty');
  const type = (headerOf(delivery, 'content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const isJson = type.endsWith('json');
  // Proxmox sends no Content-Type unless told to; a text target whose text is JSON is a JSON target.
  if (!isJson && !text.trimStart().startsWith('{')) return plainText(delivery, text);
  const value = readJson(text);
  if (value === undefined) {
    if (type.startsWith('text/')) return plainText(delivery, text);
    const detail =
      'the body is not valid JSON; write {{escape title}} and {{escape message}} in the template of the target';
    return refuse('invalid-json', detail);
  }
  return fromJson(value.json);
}

function fromJson(value: unknown): NotificationInput | Refused {
  if (isPoisoned(value, 0))
    return refuse('schema', 'a key of the body is not allowed, or it is nested too deeply');
  const parsed = JsonBody.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return refuse('schema', `${issue?.path.join('.') ?? 'body'}: ${issue?.message ?? 'not as expected'}`);
  }
  const { title, message, content, text, severity, timestamp, fields } = parsed.data;
  const body = message ?? content ?? text;
  if (title === undefined && body === undefined)
    return refuse('schema', 'the body has neither title nor message');
  return {
    title: title ?? '',
    message: body ?? '',
    ...(severity === undefined ? {} : { severity }),
    ...(timestamp === undefined ? {} : { timestamp: Math.floor(timestamp) }),
    ...(fields === undefined ? {} : { fields }),
  };
}

function plainText(delivery: Pick<Delivery, 'headers'>, text: string): NotificationInput {
  // ntfy, whose targets the Proxmox documentation shows, has the title in a header.
  return { title: headerOf(delivery, 'title')?.slice(0, 1_000) ?? '', message: text };
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

function refuse(reason: string, detail: string, status = 400): Refused {
  return { reject: true, reason, detail, http_status: status };
}
