import { createHash } from 'node:crypto';
import { normalizeNotification, type NotificationInput } from '@proxmox-mcp/proxmox-events';
import type { InventorySource, NormalizeResult } from '@proxmox-mcp/schemas';
import * as z from 'zod';
import type { Body } from '../parse.ts';
import { refuse, type Refused } from '../delivery.ts';

const MAX_FIELDS = 64;

/**
 * The body of the target this product recommends (docs/operations.md), or any JSON with a `message`, or the examples of the
 * Proxmox documentation for Discord (`content`) and Slack (`text`). Unknown keys are ignored.
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

/**
 * What a notification target of PVE or PBS says. The same title, message, severity, timestamp and fields are the same
 * delivery (PROXMOX §C.4), however a proxy re-sends them.
 */
export function readProxmoxHook(body: Body, source: InventorySource): NormalizeResult | Refused {
  const input = body.kind === 'text' ? { title: body.title, message: body.text } : readJsonBody(body.value);
  if ('reject' in input) return input;
  const result = normalizeNotification(input, { sources: [source] });
  // Without a time of its own, tomorrow's equal message would have today's identity.
  if (!('events' in result) || input.timestamp === undefined) return result;
  const identity = contentHash(input);
  return {
    ...result,
    events: result.events.map((draft, index) => ({ ...draft, identity: `${identity}/${index}` })),
  };
}

function readJsonBody(value: unknown): NotificationInput | Refused {
  const parsed = JsonBody.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    // Only the name of a key of ours: what stands below it is the sender's.
    return refuse('schema', `${String(issue?.path[0] ?? 'body')}: ${issue?.message ?? 'not as expected'}`);
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

function contentHash({ title, message, severity, timestamp, fields }: NotificationInput): string {
  const sorted = Object.entries(fields ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const content = JSON.stringify([title, message, severity ?? null, timestamp ?? null, sorted]);
  return createHash('sha256').update(content).digest('base64url');
}
