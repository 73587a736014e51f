import { type Message, RetryLater } from '@proxmox-mcp/bus';
import {
  compareSeverity,
  type DeliveryReceipt,
  type Incident,
  type IncidentTransition,
  type Severity,
} from '@proxmox-mcp/schemas';
import { dedupOpening, notificationId } from '../stages/dedup.ts';
import { settleDelay, type SettlePolicy } from '../stages/group.ts';
import { receiptOf } from '../stages/record.ts';
import { channelsEver, routeIncident, type Target } from '../stages/route.ts';
import { newest } from './newest.ts';
import type { Recipient, Teller, TellTools } from './tell.ts';

/** What the first line needs. */
export interface RouteLineTools extends TellTools {
  readonly teller: Teller;
  readonly settle: SettlePolicy;
}

/** In receipts, for what is told to no channel at all. */
const NO_CHANNEL = 'none';

/** Incidents of which is known that a change concerns nobody; one more costs a few questions to the bus. */
const MAX_SETTLED = 10_000;

/** The first line: an incident's change becomes at most one notification per channel on the bus. */
export function createRouteLine(tools: RouteLineTools): (message: Message<Incident>) => Promise<void> {
  // By the key of an opening, which has the episode in it: how bad it may be without being news.
  const settled = new Map<string, Severity>();
  return async (message) => {
    switch (transitionOf(message.subject)) {
      case 'opened':
        return opened(tools, message);
      case 'resolved':
        return resolved(tools, message.data);
      case 'updated':
        return updated(tools, message, settled);
    }
  };
}

function transitionOf(subject: string): IncidentTransition {
  const last = subject.slice(subject.lastIndexOf('.') + 1);
  return last === 'opened' || last === 'resolved' ? last : 'updated';
}

async function opened(tools: RouteLineTools, message: Message<Incident>): Promise<void> {
  const incident = await newest(tools.incidents, message.data);
  const wait = settleDelay(incident, message.deliveries, tools.settle);
  if (wait > 0) throw new RetryLater(wait, `incident ${incident.id} settles before it is told`);
  const told = recipients(routeIncident(incident, tools.policy, tools.now()));
  for (const to of told) await tools.teller.opening(incident, to);
  if (told.length === 0 && tools.policy.channels.length > 0) await tellNobody(tools, incident);
}

/**
 * One message per opening, one per end: a change is told to nobody. But it may be the opening of those who were told nothing so far:
 * reopened by hand, released by what suppressed it, or worse than when it began.
 */
async function updated(
  tools: RouteLineTools,
  message: Message<Incident>,
  settled: Map<string, Severity>,
): Promise<void> {
  const key = notificationId(message.data, 'opened', NO_CHANNEL);
  const quietUpTo = settled.get(key);
  if (quietUpTo !== undefined && compareSeverity(message.data.severity, quietUpTo) <= 0) return;

  const { policy, receipts } = tools;
  const channels = [...policy.channels, NO_CHANNEL];
  const found = await Promise.all(
    channels.map((channel) => receipts.get(notificationId(message.data, 'opened', channel))),
  );
  const known = new Map(channels.map((channel, i) => [channel, found[i]]));
  const decided = found.filter((receipt) => receipt !== undefined);
  if (decided.length === 0) return mayOpen(message.data) ? opened(tools, message) : undefined;
  // What is under way is left alone, but for a crash between recording and publishing.
  const isSecond = message.deliveries > 1;
  const isCutOff = (receipt: DeliveryReceipt | undefined) => isSecond && dedupOpening(receipt) === 'again';
  if (!decided.some((receipt) => isCutOff(receipt) || isOfInterest(receipt, message.data))) {
    if (settled.size >= MAX_SETTLED) settled.clear();
    if (decided.every((receipt) => dedupOpening(receipt) === 'settled'))
      settled.set(key, message.data.severity);
    return;
  }

  const incident = await newest(tools.incidents, message.data);
  const isLower = ({ severity }: DeliveryReceipt) =>
    severity !== undefined && compareSeverity(incident.severity, severity) > 0;
  // The second time some may have been told of the change already.
  const isWorse = isSecond ? decided.some(isLower) : decided.every(isLower);
  for (const to of recipients(routeIncident(incident, policy, tools.now()))) {
    const receipt = known.get(to.channel);
    const state = dedupOpening(receipt);
    const isOpen = state === 'first' ? isWorse : state === 'revived' || state === 'held' || isCutOff(receipt);
    if (isOpen) await tools.teller.opening(incident, to);
  }
}

/** An opening that still settles is told by its own message. */
function mayOpen({ timeline }: Incident): boolean {
  return timeline.some(({ what }) => what === 'reopened' || what === 'released');
}

function isOfInterest(receipt: DeliveryReceipt, incident: Incident): boolean {
  const isWorse = receipt.severity !== undefined && compareSeverity(incident.severity, receipt.severity) > 0;
  return isWorse || dedupOpening(receipt) === 'revived';
}

async function resolved(tools: RouteLineTools, incident: Incident): Promise<void> {
  const planned = channelsEver(incident, tools.policy);
  const told = recipients(routeIncident(incident, tools.policy, tools.now()));
  const fallback = told[0]?.target ?? { route: 'default', channels: [], ladder: [], asksSeverity: false };
  for (const channel of tools.policy.channels) {
    const target = told.find((to) => to.channel === channel)?.target ?? fallback;
    await tools.teller.end(incident, { target, channel }, { isPlanned: planned.has(channel) });
  }
}

/** One per channel: what the first route says about it. */
function recipients(targets: readonly Target[]): Recipient[] {
  const found = new Map<string, Recipient>();
  for (const target of targets) {
    for (const channel of target.channels) if (!found.has(channel)) found.set(channel, { target, channel });
  }
  return [...found.values()];
}

/** Remembered, so that a change for the worse can be told from an opening that still settles. */
async function tellNobody(tools: RouteLineTools, incident: Incident): Promise<void> {
  const { id: incidentId, severity } = incident;
  const id = notificationId(incident, 'opened', NO_CHANNEL);
  const receipt = receiptOf(
    { id, channel: NO_CHANNEL, incidentId, severity },
    { status: 'suppressed', reason: 'no-route', attempts: 0 },
    tools.now(),
  );
  if (await tools.receipts.create(receipt)) tools.suppressed.inc({ channel: NO_CHANNEL, reason: 'no-route' });
}
