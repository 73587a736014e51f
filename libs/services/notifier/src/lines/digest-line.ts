import { createHash } from 'node:crypto';
import { type Incident, type Notification, subjects } from '@proxmox-mcp/schemas';
import type { Logger } from '@proxmox-mcp/service-kit';
import type { Due, PendingDigest } from '../agenda.ts';
import { decide } from '../stages/decide.ts';
import { dedupOpening, resolutionOwed } from '../stages/dedup.ts';
import { type DigestLine, renderDigest } from '../stages/digest.ts';
import { receiptOf } from '../stages/record.ts';
import { copyOf } from './newest.ts';
import { targetOf } from './target-of.ts';
import type { Recipient, Teller, TellTools } from './tell.ts';

type Opening = Extract<Due, { what: 'opening' }>;
type End = Extract<Due, { what: 'end' }>;

/** One line of a digest to be, and what it stands for. */
interface Item {
  readonly line: DigestLine;
  readonly items: readonly (Opening | End)[];
  /** Where it is the only one, it is told as it would have been. */
  readonly alone: () => Promise<unknown>;
  readonly to: Recipient | undefined;
}

/** Lines of one message; what is more becomes the next one. */
const MAX_ITEMS = 250;
/** The end of an incident is on its way to us when its copy says so already. */
const END_ON_ITS_WAY_MS = 60_000;

/** Tells what was held, one message per channel. */
export interface Digests {
  /** @param all the whole agenda: an end belongs to its opening whenever it is due. */
  tell(due: readonly Due[], all: readonly Due[]): Promise<void>;
  /** Sends what a crash or a bus that was away left decided and not seen through. */
  finishAll(): Promise<void>;
}

/** Makes the digests' part of the agenda's line. */
export function createDigests(
  tools: TellTools & { readonly teller: Teller; readonly log: Pick<Logger, 'warn'> },
): Digests {
  const { receipts, agenda, teller } = tools;

  async function tell(due: readonly Due[], all: readonly Due[]): Promise<void> {
    const held = due.filter((each) => each.what === 'end' || (each.what === 'opening' && each.digest));
    const channels = new Set(held.flatMap((each) => (each.what === 'step' ? [] : [each.channel])));
    for (const channel of channels) {
      try {
        await tellChannel(channel, held, all);
      } catch (err) {
        tools.log.warn({ err, channel }, 'digest is not told yet, will retry');
      }
    }
  }

  async function tellChannel(channel: string, held: readonly Due[], all: readonly Due[]): Promise<void> {
    const ends = all.filter((each) => each.what === 'end' && each.channel === channel) as End[];
    const openings = held.filter((each) => each.what === 'opening' && each.channel === channel) as Opening[];
    const items: Item[] = [];
    for (const opening of openings.slice(0, MAX_ITEMS)) {
      const end = ends.find(({ openingId }) => openingId === opening.id);
      const item = await openingItem(opening, end);
      if (item !== undefined) items.push(item);
    }
    const begun = new Set(all.flatMap((each) => (each.what === 'opening' ? [each.id] : [])));
    for (const end of ends) {
      // Told with its opening, now or when that is due.
      if (begun.has(end.openingId) || end.until > tools.now() || items.length >= MAX_ITEMS) continue;
      const item = await endItem(end);
      if (item !== undefined) items.push(item);
    }
    const [first] = items;
    if (first === undefined) return;
    if (items.length === 1 && first.line.state !== 'over') {
      await first.alone();
      return;
    }
    for (const { to, line } of items) {
      if (to !== undefined && line.state === 'open' && line.incident !== undefined)
        await teller.startLadder(line.incident, to.target);
    }
    const digest = digestOf(channel, items);
    if (await agenda.beginDigest(digest)) await finish(digest);
  }

  async function openingItem(opening: Opening, end: End | undefined): Promise<Item | undefined> {
    const { channel } = opening;
    const known = dedupOpening(await receipts.get(opening.id));
    // Suppressed since it was held: nobody is told of it, nor that it is over, unless it is told anew.
    if (known === 'settled' || known === 'revived') return void (await agenda.remove(opening));
    const incident = await copyOf(tools.incidents, opening.incidentId);
    const target = targetOf(tools, incident, opening.route);
    const to = target === undefined ? undefined : { target, channel };
    if (incident !== undefined && to !== undefined && end === undefined) {
      // Made to go at once meanwhile, and not seen through.
      if (known === 'again') return void (await release(incident, to, opening));
      if (incident.status === 'resolved' && isFresh(incident)) return undefined;
      if (incident.status !== 'resolved') {
        const outcome = decide(incident, to.target, teller.circumstances(), 'due').end;
        if (outcome.kind !== 'pass') return void (await release(incident, to, opening));
        return {
          line: { state: 'open', title: opening.title, severity: incident.severity, incident },
          items: [opening],
          alone: () => release(incident, to, opening),
          to,
        };
      }
    }
    return {
      line: { state: 'over', title: opening.title, severity: opening.severity, incident },
      items: end === undefined ? [opening] : [opening, end],
      alone: () => Promise.resolve(),
      to,
    };
  }

  async function release(incident: Incident, to: Recipient, opening: Opening): Promise<void> {
    if ((await teller.opening(incident, to, 'due')) !== 'held') await agenda.remove(opening);
  }

  async function endItem(end: End): Promise<Item | undefined> {
    if (dedupOpening(await receipts.get(end.id)) === 'settled') return void (await agenda.remove(end));
    const owed = resolutionOwed(await receipts.followed(end.openingId));
    if (owed.kind === 'wait') return undefined;
    const incident = await copyOf(tools.incidents, end.incidentId);
    if (owed.kind === 'not-owed' || incident === undefined) {
      const reason = owed.kind === 'not-owed' ? owed.reason : 'no-opening';
      await receipts.put(receiptOf(end, { status: 'suppressed', reason, attempts: 0 }, tools.now()));
      return void (await agenda.remove(end));
    }
    const target = targetOf(tools, incident, '');
    const to = target === undefined ? undefined : { target, channel: end.channel };
    return {
      line: { state: 'ended', title: end.title, severity: end.severity, incident },
      items: [end],
      async alone() {
        if (to !== undefined) await teller.heldEnd(incident, to);
        await agenda.remove(end);
      },
      to,
    };
  }

  function isFresh({ resolvedAt }: Incident): boolean {
    return resolvedAt !== undefined && tools.now() - Date.parse(resolvedAt) < END_ON_ITS_WAY_MS;
  }

  function digestOf(channel: string, items: readonly Item[]): PendingDigest {
    const told = items.flatMap((item) => item.items);
    // By what it tells, so that it is the same one however often it is begun.
    const hash = createHash('sha256')
      .update(
        told
          .map(({ id }) => id)
          .sort()
          .join('\n'),
      )
      .digest('hex');
    const lines = items.map(({ line }) => line);
    const notification: Notification = {
      id: `digest-${hash.slice(0, 16)}-${channel}`,
      channel,
      kind: 'message',
      ...renderDigest(lines, { linkBase: tools.linkBase }),
      createdAt: new Date(tools.now()).toISOString(),
    };
    const over = items.flatMap((item) => (item.line.state === 'over' ? item.items : []));
    return {
      notification,
      items: told,
      over: over.flatMap((each) => (each.what === 'end' ? [each.id] : [])),
    };
  }

  async function finishAll(): Promise<void> {
    for (const digest of await agenda.digests()) {
      try {
        await finish(digest);
      } catch (err) {
        tools.log.warn({ err, channel: digest.notification.channel }, 'digest is not sent yet, will retry');
      }
    }
  }

  /** Sends what is decided, records what it tells and forgets it. Safe to repeat after a crash. */
  async function finish({ notification, items, over }: PendingDigest): Promise<void> {
    const now = tools.now();
    for (const item of items) {
      const found = dedupOpening(await receipts.get(item.id));
      if (found === 'settled' || found === 'again') continue;
      const isOver = over.includes(item.id);
      const outcome = isOver
        ? ({ status: 'suppressed', reason: 'told-in-digest' } as const)
        : ({ status: 'pending', reason: 'in-digest' } as const);
      await receipts.put(receiptOf(item, { ...outcome, attempts: 0, via: notification.id }, now));
    }
    const made = await receipts.create(receiptOf(notification, { status: 'pending', attempts: 0 }, now));
    if (made || dedupOpening(await receipts.get(notification.id)) === 'again') {
      const { id, channel } = notification;
      await tools.bus.publish(subjects.notification(channel), notification, { id });
    }
    for (const item of items) await agenda.remove(item);
    await agenda.endDigest(notification.channel);
  }

  return { tell, finishAll };
}
