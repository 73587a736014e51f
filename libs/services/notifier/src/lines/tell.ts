import { type Bus, type KeyValue, RetryLater } from '@proxmox-mcp/bus';
import { type DeliveryReceipt, type Incident, type Notification, subjects } from '@proxmox-mcp/schemas';
import type { CounterHandle } from '@proxmox-mcp/service-kit';
import type { Agenda } from '../agenda.ts';
import type { ChannelCounts } from '../counts.ts';
import type { Policy } from '../policy/policy.ts';
import type { Found, Receipts } from '../receipts.ts';
import type { Silences } from '../silences.ts';
import { type Circumstances, decide } from '../stages/decide.ts';
import { dedupOpening, episodeOf, notificationId, resolutionOwed, stepId } from '../stages/dedup.ts';
import { receiptOf } from '../stages/record.ts';
import type { Render } from '../stages/render.ts';
import type { Target } from '../stages/route.ts';
import type { Hold, Outcome, Reason } from '../stages/stage.ts';
import { cutText } from '../text.ts';
import { newest } from './newest.ts';

/** What telling needs. */
export interface TellTools {
  readonly bus: Pick<Bus, 'publish'>;
  readonly incidents: Pick<KeyValue, 'get'>;
  readonly receipts: Receipts;
  readonly agenda: Agenda;
  readonly counts: ChannelCounts;
  readonly silences: Pick<Silences, 'all'>;
  readonly policy: Policy;
  readonly render: Render;
  readonly linkBase: string | undefined;
  readonly now: () => number;
  /** Labels `channel`, `reason`. */
  readonly suppressed: CounterHandle;
}

/** Somebody else wrote the receipt meanwhile: what it says now decides. */
const AGAIN_MS = 200;

/**
 * Tells one channel of an incident's begin and end, or writes why not. Every decision is written to the receipts with
 * compare-and-set before anything is published: however openings, ends, crashes and replicas interleave, an end is published exactly
 * to those channels whose opening was.
 */
export interface Teller {
  /**
   * Tells of an opening, if it is to be told and was not.
   *
   * @param held what it was held for is over: `due` for a digest whose time has come, `anew` to ask all stages again.
   * @returns whether it waits now.
   * @throws {RetryLater} another decided meanwhile.
   */
  opening(incident: Incident, to: Recipient, held?: 'due' | 'anew'): Promise<'held' | 'decided'>;
  /** Tells of an end where the opening was told. @param isPlanned the channel may be told by the routes. */
  end(incident: Incident, to: Recipient, options: { readonly isPlanned: boolean }): Promise<void>;
  /** Tells of an end that was held and whose time has come. */
  heldEnd(incident: Incident, to: Recipient): Promise<void>;
  /** A further message to a channel that has the opening: nobody has acknowledged it. */
  reminder(incident: Incident, to: Recipient, step: number): Promise<void>;
  /** Writes the first step of the ladder into the agenda, unless it is there. */
  startLadder(incident: Incident, target: Target): Promise<void>;
  circumstances(): Circumstances;
}

/** One channel of one route. */
export interface Recipient {
  readonly target: Target;
  readonly channel: string;
}

/** Makes the teller. */
export function createTeller(tools: TellTools): Teller {
  const { receipts, agenda, now } = tools;
  const circumstances = (): Circumstances => ({
    policy: tools.policy,
    silences: tools.silences.all(),
    now: now(),
  });

  async function write(found: Found | undefined, receipt: DeliveryReceipt): Promise<void> {
    const made = await (found === undefined ? receipts.create(receipt) : receipts.replace(found, receipt));
    if (!made) throw new RetryLater(AGAIN_MS, `${receipt.id} was decided by another meanwhile`);
    if (receipt.status === 'suppressed' && found?.receipt.reason !== receipt.reason)
      tools.suppressed.inc({ channel: receipt.channel, reason: receipt.reason ?? '' });
  }
  const receipt = (
    incident: Incident,
    { id, channel }: Address,
    outcome: { status: 'pending' | 'suppressed'; reason?: Reason; heldUntil?: number },
  ) =>
    receiptOf(
      { id, channel, incidentId: incident.id, severity: incident.severity },
      { attempts: 0, ...outcome },
      now(),
    );

  async function opening(
    incident: Incident,
    to: Recipient,
    held?: 'due' | 'anew',
  ): Promise<'held' | 'decided'> {
    const { target, channel } = to;
    const address = { id: notificationId(incident, 'opened', channel), channel };
    const found = await receipts.find(address.id);
    const known = dedupOpening(found?.receipt);
    if (known === 'settled') return 'decided';
    if (known === 'again') return publishOpening(incident, to);
    if (known === 'held' && held === undefined && incident.severity !== 'critical') return 'held';
    // Read after the receipt: an end that came in between has touched it, and the write below fails.
    const copy = known === 'revived' ? await newest(tools.incidents, incident) : incident;
    const { end } = decide(copy, target, circumstances(), held === 'due' ? 'due' : 'opening');
    const outcome = end.kind === 'pass' ? await tools.counts.take(channel, weightOf(copy)) : end;
    if (outcome.kind === 'hold') return hold(copy, { address, target, found }, outcome);
    if (outcome.kind === 'suppress') {
      if (found?.receipt.reason !== outcome.reason)
        await write(found, receipt(copy, address, { status: 'suppressed', reason: outcome.reason }));
      return 'decided';
    }
    await write(found, receipt(copy, address, { status: 'pending' }));
    return publishOpening(copy, to);
  }

  /** The agenda first: what is in it without a receipt is decided when its time comes. */
  async function hold(
    incident: Incident,
    of: { readonly address: Address; readonly target: Target; readonly found: Found | undefined },
    outcome: Hold,
  ): Promise<'held'> {
    const { reason, until, digest, silence } = outcome;
    await agenda.put({
      what: 'opening',
      ...of.address,
      ...waiting(incident, outcome, now()),
      route: of.target.route,
      digest,
      ...(silence === undefined ? {} : { silence }),
    });
    await write(of.found, receipt(incident, of.address, { status: 'pending', reason, heldUntil: until }));
    return 'held';
  }

  async function publishOpening(incident: Incident, { target, channel }: Recipient): Promise<'decided'> {
    await startLadder(incident, target);
    const id = notificationId(incident, 'opened', channel);
    await publish(message(incident, 'opened', { id, channel, preset: target.preset }));
    return 'decided';
  }

  async function end(
    incident: Incident,
    to: Recipient,
    { isPlanned }: { readonly isPlanned: boolean },
  ): Promise<void> {
    const { channel } = to;
    const openingAddress = { id: notificationId(incident, 'opened', channel), channel };
    const address = { id: notificationId(incident, 'resolved', channel), channel };
    const found = await receipts.find(openingAddress.id);
    if (found === undefined && !isPlanned) return;
    const closed = receipt(incident, openingAddress, {
      status: 'suppressed',
      reason: 'resolved-before-sent',
    });
    const known = dedupOpening(found?.receipt);
    // Closes the door for an opening that still settles or may be revived; if it slips through meanwhile, this is tried again.
    if (known === 'first') await write(found, closed);
    if (known === 'revived' && found !== undefined) await write(found, { ...found.receipt, at: closed.at });
    if (known === 'held' && found?.receipt.heldUntil !== undefined) {
      if (found.receipt.reason !== 'silenced' && found.receipt.reason !== 'snoozed') {
        const until = Date.parse(found.receipt.heldUntil);
        return holdEnd(incident, { address, openingId: openingAddress.id }, { reason: 'digest', until });
      }
      await write(found, closed);
      await agenda.remove({ what: 'opening', id: openingAddress.id });
    }
    const owed = resolutionOwed(known === 'first' ? undefined : await receipts.followed(openingAddress.id));
    const own = await receipts.find(address.id);
    if (own !== undefined && dedupOpening(own.receipt) !== 'again') return;
    if (owed.kind === 'not-owed')
      return write(own, receipt(incident, address, { status: 'suppressed', reason: owed.reason }));
    if (own === undefined) {
      const outcome = await whenToEnd(incident, to);
      if (outcome.kind === 'hold')
        return holdEnd(incident, { address, openingId: openingAddress.id }, outcome);
      await write(own, receipt(incident, address, { status: 'pending' }));
    }
    await publish(message(incident, 'resolved', { ...address, preset: to.target.preset }));
  }

  async function whenToEnd(incident: Incident, { target, channel }: Recipient): Promise<Outcome> {
    const { end: outcome } = decide(incident, target, circumstances(), 'end');
    return outcome.kind === 'pass' ? tools.counts.take(channel, weightOf(incident)) : outcome;
  }

  async function holdEnd(
    incident: Incident,
    of: { readonly address: Address; readonly openingId: string },
    outcome: Pick<Hold, 'reason' | 'until'>,
  ): Promise<void> {
    const { reason, until } = outcome;
    const { openingId, address } = of;
    if ((await receipts.find(address.id)) !== undefined) return;
    await agenda.put({ what: 'end', openingId, ...address, ...waiting(incident, outcome, now()) });
    await receipts.create(receipt(incident, address, { status: 'pending', reason, heldUntil: until }));
  }

  async function heldEnd(incident: Incident, { target, channel }: Recipient): Promise<void> {
    const address = { id: notificationId(incident, 'resolved', channel), channel };
    const found = await receipts.find(address.id);
    const known = dedupOpening(found?.receipt);
    if (known === 'settled') return;
    if (known !== 'again') await write(found, receipt(incident, address, { status: 'pending' }));
    await publish(message(incident, 'resolved', { ...address, preset: target.preset }));
  }

  async function reminder(incident: Incident, { target, channel }: Recipient, step: number): Promise<void> {
    const address = { id: stepId(incident, step, channel), channel };
    const found = await receipts.find(address.id);
    const known = dedupOpening(found?.receipt);
    if (known !== 'first' && known !== 'again') return;
    if (decide(incident, target, circumstances(), 'due').end.kind !== 'pass') return;
    if (known === 'first') await write(found, receipt(incident, address, { status: 'pending' }));
    const opened = message(incident, 'opened', { ...address, preset: target.preset });
    await publish({ ...opened, title: cutText(`Not acknowledged: ${opened.title}`, 450) });
  }

  async function startLadder(incident: Incident, { route, ladder }: Target): Promise<void> {
    const first = ladder[0];
    if (first === undefined) return;
    await agenda.add({
      what: 'step',
      incidentId: incident.id,
      route,
      step: 0,
      episode: episodeOf(incident),
      until: now() + first.after,
      waitMs: first.after,
    });
  }

  function message(
    incident: Incident,
    kind: 'opened' | 'resolved',
    { id, channel, preset }: Address & Pick<Target, 'preset'>,
  ): Notification {
    return {
      id,
      channel,
      // The end of a critical incident need not wake anybody.
      severity: kind === 'resolved' ? 'info' : incident.severity,
      kind,
      ...tools.render(incident, kind, { linkBase: tools.linkBase, preset }),
      incidentId: incident.id,
      thread: incident.id,
      createdAt: new Date(now()).toISOString(),
    };
  }

  /** Published after the receipt: a crash between the two publishes again, and the id keeps that harmless. */
  async function publish(notification: Notification): Promise<void> {
    await tools.bus.publish(subjects.notification(notification.channel), notification, {
      id: notification.id,
    });
  }

  return { opening, end, heldEnd, reminder, startLadder, circumstances };
}

interface Address {
  readonly id: string;
  readonly channel: string;
}

function weightOf(incident: Incident) {
  return { incidentId: incident.id, isCritical: incident.severity === 'critical' };
}

function waiting(incident: Incident, { reason, until }: Pick<Hold, 'reason' | 'until'>, now: number) {
  return {
    incidentId: incident.id,
    title: cutText(incident.title, 300),
    severity: incident.severity,
    reason,
    until,
    waitMs: Math.max(0, until - now),
  };
}
