import type { Bus } from '@proxmox-mcp/bus';
import { requests, type Incident } from '@proxmox-mcp/schemas';
import * as z from 'zod';
import { askService } from '../call/ask-service.ts';
import { channelRows } from '../fleet/channel-rows.ts';
import { degradedChannels } from '../fleet/degraded.ts';
import { briefIncident } from '../fleet/incident-row.ts';
import { traceEvent } from '../fleet/incident-of-event.ts';
import { ownWords } from '../fleet/rows.ts';
import { allReceipts, explanationRow, receiptRow } from '../fleet/told.ts';
import { aheadArgument, defined, parseAhead, parseTime, timeArgument } from './arguments.ts';
import { ToolError } from './tool-error.ts';
import { dataOutput, defineTool, readOnly, type ToolAnswer, type ToolContext } from './tool.ts';

/** Whether people are reached, and why they were or were not. */
export const notifyStatusTool = defineTool({
  name: 'notify_status',
  title: 'Notification status',
  description:
    'Are people reached? Per channel: on or off, last success and failure, queue, counts since a time, and the latest deliveries. With "incident" or "explain_event": the stages its message passes (route, group, silence, quiet hours…) with the reason, who would be told when, and who was.',
  toolset: 'notify',
  tier: 'read',
  annotations: readOnly,
  privileges: { pve: [], pbs: [] },
  input: z.object({
    channel: z.string().max(40).optional(),
    since: timeArgument.describe('Count since: ISO 8601 or ago; 24h when omitted'),
    incident: z.string().max(80).optional().describe('Explain this incident'),
    explain_event: z.string().max(600).optional().describe('Explain the incident of this event'),
    at: aheadArgument.describe('Explain as if it were this time'),
    limit: z.coerce.number().int().min(0).max(200).default(20).describe('Latest deliveries'),
  }),
  output: dataOutput(
    z.looseObject({
      channels: z.array(z.looseObject({ channel: z.string(), status: z.string() })).optional(),
      deliveries: z.array(z.looseObject({ channel: z.string() })).optional(),
      steps: z.array(z.looseObject({ stage: z.string(), outcome: z.string() })).optional(),
    }),
  ),
  async run(args, context) {
    const { bus, now } = context;
    const at = parseAhead('at', args.at, now());
    if (args.incident !== undefined) return explain(bus, args.incident, at);
    if (args.explain_event === undefined) return status(args, context);
    const { fact, incident } = await traceEvent(bus, args.explain_event);
    if (incident !== undefined) return explain(bus, incident.id, at, incident);
    return {
      summary: 'Nobody is told of this event: it belongs to no incident.',
      data: {
        reason: fact === undefined ? 'no-fact' : 'no-incident',
        ...(fact === undefined
          ? {}
          : { fact: { id: fact.id, type: fact.type, title: ownWords(fact.title) } }),
      },
    };
  },
});

async function explain(
  bus: Bus,
  id: string,
  at: string | undefined,
  incident?: Incident,
): Promise<ToolAnswer> {
  const answer = await askService(bus, 'notifier', {
    subject: requests.explain,
    question: { incidentId: id, ...defined({ at }) },
  });
  const last = answer.steps.at(-1);
  const who = answer.deliveries.map(({ channel }) => channel).join(', ');
  return {
    summary:
      last === undefined || last.outcome === 'pass'
        ? `Would be told by ${who === '' ? 'nobody' : who}.`
        : `${last.outcome === 'hold' ? 'Held' : 'Suppressed'} by ${last.stage}: ${last.reason}.`,
    data: {
      incident: incident === undefined ? { id } : briefIncident(incident),
      ...explanationRow(answer),
    },
  };
}

async function status(
  args: {
    readonly channel?: string | undefined;
    readonly since?: string | undefined;
    readonly limit: number;
  },
  { bus, mirror, now }: ToolContext,
): Promise<ToolAnswer> {
  const wanted = args.channel?.trim().toLowerCase();
  const channels = mirror.rows('channels').filter(({ name }) => wanted === undefined || name === wanted);
  if (wanted !== undefined && channels.length === 0) {
    throw new ToolError('not_found', 'no channel has this name', {
      candidates: mirror
        .rows('channels')
        .map(({ name }) => name)
        .sort(),
    });
  }
  const since = parseTime('since', args.since ?? '24h', now()) ?? '';
  const receipts = (await allReceipts(bus)).filter(
    ({ channel }) => wanted === undefined || channel === wanted,
  );
  const rows = channelRows(channels, receipts, since);
  const failing = degradedChannels(channels);
  const on = channels.filter(({ enabled }) => enabled).length;
  return {
    summary: `${on} channels on, ${failing.length} failing, ${receipts.filter((receipt) => receipt.status === 'pending').length} messages queued.`,
    data: {
      channels: rows,
      deliveries: receipts
        .filter(({ at }) => at >= since)
        .slice(0, args.limit)
        .map(receiptRow),
    },
    degraded: failing,
    warnings:
      mirror.rows('channels').length === 0
        ? ['the notifier has not told yet which channels there are; is it running?']
        : on === 0
          ? ['no channel is on: nobody is told of anything']
          : [],
  };
}
