import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ChannelName, DeliveryReceipt, Severity, subjects, type Notification } from '@proxmox-mcp/schemas';
import * as z from 'zod';
import { plainWord } from '../call/untrusted.ts';
import type { Mirror } from '../fleet/mirror.ts';
import { enabledChannels } from '../fleet/overview.ts';
import { ToolError } from './tool-error.ts';
import { defineTool, itemsOutput, type ToolContext } from './tool.ts';

const POLL_MS = 100;

/** Sends a message to people and tells what really became of it. */
export const notifySendTool = defineTool({
  name: 'notify_send',
  title: 'Send a notification',
  description:
    'Sends a message to people through the notification channels that are on (fleet_overview names them; all when channels is omitted) and reports per channel what became of it: sent, failed with the reason, or still queued. Give dedup_key to send the same thing only once.',
  toolset: 'notify',
  tier: 'operate',
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  privileges: { pve: [], pbs: [] },
  input: z.object({
    channels: z.array(z.string().max(40)).min(1).max(10).optional(),
    title: z.string().min(1).max(500),
    body: z.string().max(8_000).default(''),
    severity: Severity.default('info'),
    dedup_key: z.string().max(200).optional(),
    link: z
      .url({ protocol: /^https?$/ })
      .max(500)
      .optional(),
    test: z.boolean().default(false).describe('Mark it as a test'),
    wait_s: z.coerce
      .number()
      .int()
      .min(0)
      .max(60)
      .default(15)
      .describe('Longest wait for the channels’ answers'),
  }),
  output: itemsOutput(z.looseObject({ channel: z.string(), id: z.string(), status: z.string() })),
  async run(args, context) {
    const { channels, warnings } = chooseChannels(args.channels, context.mirror);
    const createdAt = new Date(context.now()).toISOString();
    const deadline = context.now() + args.wait_s * 1_000;
    const release = context.takeWait();
    if (release === undefined) {
      throw new ToolError('busy', 'this token waits for too many things at once', {
        hint: 'let one of them end; nothing was sent',
      });
    }
    const items = await Promise.all(
      channels.map(async (channel) => {
        const id = idOf(args.dedup_key, channel);
        const notification: Notification = {
          id,
          channel,
          severity: args.severity,
          kind: args.test ? 'test' : 'message',
          title: args.title,
          body: args.body,
          createdAt,
          ...(args.link === undefined ? {} : { link: args.link }),
          ...(args.dedup_key === undefined ? {} : { thread: `message/${args.dedup_key}`.slice(0, 200) }),
        };
        await context.bus.publish(subjects.notification(channel), notification, { id });
        return receiptRow(channel, id, await receipt(id, deadline, context));
      }),
    ).finally(release);
    const count = (status: string) => items.filter((row) => row.status === status).length;
    return {
      summary: `${count('sent')} sent, ${count('failed')} failed, ${count('queued')} still queued, ${count('suppressed')} suppressed.`,
      items,
      warnings: [
        ...warnings,
        ...items
          .filter((row) => row.status === 'failed')
          .map((row) => `${row.channel} did not take the message: ${row.reason ?? 'no reason given'}`),
      ],
    };
  },
});

/** The channels to ask: those named, else all that are on. @throws {ToolError} one is not on, or none is. */
function chooseChannels(
  named: readonly string[] | undefined,
  mirror: Mirror,
): { readonly channels: string[]; readonly warnings: string[] } {
  const on = enabledChannels(mirror).map((channel) => channel.name);
  if (named === undefined) {
    if (on.length > 0) return { channels: on, warnings: [] };
    throw new ToolError('not_found', 'no notification channel is on', {
      hint: 'set ENABLED_NOTIFIERS and the channel’s settings, and run the service "notifier"',
    });
  }
  const channels = [...new Set(named.map((name) => name.trim().toLowerCase()))];
  if (channels.some((name) => !ChannelName.safeParse(name).success))
    throw new ToolError('invalid', 'a channel name has lower-case letters, digits and "-"');
  // Without a word from the notifier nobody knows what there is: the message waits on the bus for it.
  if (mirror.rows('channels').length === 0)
    return { channels, warnings: ['the notifier has not told yet which channels there are; is it running?'] };
  const off = channels.filter((name) => !on.includes(name));
  if (off.length === 0) return { channels, warnings: [] };
  throw new ToolError('not_found', `not a channel that is on: ${off.join(', ')}; nothing was sent`, {
    hint:
      on.length === 0
        ? 'none is on: set ENABLED_NOTIFIERS and the channel’s settings'
        : `on are ${on.join(', ')}`,
    candidates: on,
  });
}

function idOf(dedupKey: string | undefined, channel: string): string {
  if (dedupKey === undefined) return `msg-${randomUUID()}`;
  return `msg-${createHash('sha256').update(`${channel}\0${dedupKey}`).digest('hex').slice(0, 40)}`;
}

interface ReceiptRow {
  readonly channel: string;
  readonly id: string;
  readonly status: string;
  readonly reason?: string;
  readonly attempts?: number;
  readonly remote_id?: string;
  readonly at?: string;
}

function receiptRow(channel: string, id: string, found: DeliveryReceipt | undefined): ReceiptRow {
  const isSettled = found?.status === 'sent' || found?.status === 'failed' || found?.status === 'suppressed';
  return {
    channel,
    id,
    status: isSettled ? found.status : 'queued',
    ...(found === undefined ? {} : { attempts: found.attempts, at: found.at }),
    ...(found?.reason === undefined ? {} : { reason: found.reason }),
    ...(found?.remoteId === undefined ? {} : { remote_id: plainWord(found.remoteId) }),
  };
}

/** Looks for the settled receipt until the deadline. Never claims more than the last receipt says. */
async function receipt(
  id: string,
  deadline: number,
  { bus, now, signal }: ToolContext,
): Promise<DeliveryReceipt | undefined> {
  const deliveries = await bus.kv('DELIVERIES');
  for (;;) {
    const entry = await deliveries.get(id);
    const found = entry === undefined ? undefined : DeliveryReceipt.safeParse(JSON.parse(entry.value)).data;
    const isSettled = found !== undefined && ['sent', 'failed', 'suppressed'].includes(found.status);
    if (isSettled || now() >= deadline || signal.aborted) return found;
    await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}
