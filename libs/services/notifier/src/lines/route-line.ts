import { type Bus, type KeyValue, type Message, RetryLater } from '@proxmox-mcp/bus';
import { Incident, type IncidentTransition, type Notification, subjects } from '@proxmox-mcp/schemas';
import type { CounterHandle } from '@proxmox-mcp/service-kit';
import type { Receipts } from '../receipts.ts';
import { dedupOpening, episodeOf, notificationId, resolutionOwed } from '../stages/dedup.ts';
import { receiptOf } from '../stages/record.ts';
import type { Render } from '../stages/render.ts';
import { routeOpening, type RoutePolicy } from '../stages/route.ts';
import { settleDelay, type SettlePolicy } from '../stages/settle.ts';

/** What the first line needs. */
export interface RouteLineTools {
  readonly bus: Pick<Bus, 'publish'>;
  readonly incidents: Pick<KeyValue, 'get'>;
  readonly receipts: Receipts;
  readonly policy: RoutePolicy;
  readonly settle: SettlePolicy;
  readonly render: Render;
  readonly linkBase: string | undefined;
  readonly now: () => number;
  /** Labels `channel`, `reason`. */
  readonly suppressed: CounterHandle;
}

/**
 * The first line: an incident's change becomes at most one notification per channel on the bus. Every decision is written
 * to the receipts before anything is published, with compare-and-set: however openings, resolutions, crashes and replicas
 * interleave, a resolution is published exactly to those channels whose opening was.
 */
export function createRouteLine(tools: RouteLineTools): (message: Message<Incident>) => Promise<void> {
  return async (message) => {
    switch (transitionOf(message.subject)) {
      case 'opened':
        return opened(tools, message);
      case 'resolved':
        return resolved(tools, message.data);
      case 'updated':
        // Policy of the first release: one message per opening, one per end. Reopening by hand is an opening, and comes as
        // a change; the receipt of its episode keeps further changes quiet.
        return episodeOf(message.data) > 0 ? opened(tools, message) : undefined;
    }
  };
}

function transitionOf(subject: string): IncidentTransition {
  const last = subject.slice(subject.lastIndexOf('.') + 1);
  return last === 'opened' || last === 'resolved' ? last : 'updated';
}

async function opened(tools: RouteLineTools, message: Message<Incident>): Promise<void> {
  const incident = await newest(tools, message.data);
  const wait = settleDelay(incident, message.deliveries, tools.settle);
  if (wait > 0) throw new RetryLater(wait, `incident ${incident.id} settles before it is told`);
  const decision = routeOpening(incident, tools.policy, tools.now());
  for (const channel of decision.channels) {
    const id = notificationId(message.data, 'opened', channel);
    if (decision.kind === 'suppress')
      await suppress(tools, { id, channel, incidentId: incident.id }, decision.reason);
    else await notify(tools, incident, 'opened', { id, channel });
  }
}

async function resolved(tools: RouteLineTools, incident: Incident): Promise<void> {
  for (const channel of tools.policy.channels) {
    const openingId = notificationId(incident, 'opened', channel);
    const opening = { id: openingId, channel, incidentId: incident.id };
    let receipt = await tools.receipts.get(openingId);
    // Closes the door for an opening that still settles; if it slipped through meanwhile, its receipt counts.
    if (receipt === undefined && !(await suppress(tools, opening, 'resolved-before-sent'))) {
      receipt = await tools.receipts.get(openingId);
    }
    const id = notificationId(incident, 'resolved', channel);
    const owed = resolutionOwed(receipt);
    if (owed.kind === 'not-owed')
      await suppress(tools, { id, channel, incidentId: incident.id }, owed.reason);
    else await notify(tools, incident, 'resolved', { id, channel });
  }
}

/** The newest copy, which `state` writes as it goes; the message's own where there is none. */
async function newest(tools: RouteLineTools, own: Incident): Promise<Incident> {
  const entry = await tools.incidents.get(own.id);
  if (entry === undefined) return own;
  const copy = Incident.safeParse(parse(entry.value)).data;
  if (copy === undefined || copy.revision <= own.revision) return own;
  // Reopened meanwhile: this episode is over, and the next one has its own opening.
  return episodeOf(copy) === episodeOf(own) ? copy : { ...own, status: 'resolved' };
}

/** @returns whether this made the receipt. */
async function suppress(
  tools: RouteLineTools,
  notification: { readonly id: string; readonly channel: string; readonly incidentId: string },
  reason: string,
): Promise<boolean> {
  const receipt = receiptOf(notification, { status: 'suppressed', reason, attempts: 0 }, tools.now());
  const made = await tools.receipts.create(receipt);
  if (made) tools.suppressed.inc({ channel: notification.channel, reason });
  return made;
}

async function notify(
  tools: RouteLineTools,
  incident: Incident,
  kind: 'opened' | 'resolved',
  { id, channel }: { readonly id: string; readonly channel: string },
): Promise<void> {
  const now = tools.now();
  const notification: Notification = {
    id,
    channel,
    // The end of a critical incident need not wake anybody.
    severity: kind === 'resolved' ? 'info' : incident.severity,
    kind,
    ...tools.render(incident, kind, { linkBase: tools.linkBase }),
    incidentId: incident.id,
    thread: incident.id,
    createdAt: new Date(now).toISOString(),
  };
  if (!(await tools.receipts.create(receiptOf(notification, { status: 'pending', attempts: 0 }, now)))) {
    if (dedupOpening(await tools.receipts.get(id)) === 'settled') return;
  }
  // Published after the receipt: a crash between the two publishes again, and the id keeps that harmless.
  await tools.bus.publish(subjects.notification(channel), notification, { id });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
