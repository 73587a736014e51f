import { type Bus, type Message, Reject, RetryLater } from '@proxmox-mcp/bus';
import { type DeliveryReceipt, Notification, subjects } from '@proxmox-mcp/schemas';
import type { CounterHandle, HistogramHandle } from '@proxmox-mcp/service-kit';
import type { Breaker } from '../breaker.ts';
import { type Channel, ChannelError } from '../channels/channel.ts';
import type { ChannelHealth } from '../health.ts';
import type { Limiter } from '../limiter.ts';
import type { Receipts } from '../receipts.ts';
import { openingIdOf, resolutionOwed } from '../stages/dedup.ts';
import { fallbackFor, type FallbackPolicy, triesLeftMs } from '../stages/fallback.ts';
import { isStale } from '../stages/stale.ts';
import { receiptOf } from '../stages/record.ts';
import { planRetry, type RetryPolicy } from '../stages/retry.ts';
import { earlierOf } from './earlier.ts';

/** What the second line of one channel needs. */
export interface SendLineTools {
  readonly name: string;
  readonly channel: Channel;
  readonly bus: Pick<Bus, 'publish'>;
  readonly fallback: FallbackPolicy;
  readonly receipts: Receipts;
  readonly breaker: Breaker;
  readonly limiter: Limiter;
  readonly health: ChannelHealth;
  readonly retry: RetryPolicy;
  readonly timeoutMs: number;
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  /** True once the service stops: nothing new is begun. */
  readonly isStopping: () => boolean;
  /** Labels `channel`, `outcome`. */
  readonly outcomes: CounterHandle;
  /** Labels `channel`, `reason`. */
  readonly refusals: CounterHandle;
  /** Label `channel`. */
  readonly seconds: HistogramHandle;
}

/** Wait for a place; each wait counts as a delivery, so it is not a short one. */
const BUSY_MS = 5_000;
/** Receipts that could not be written are kept here, at most so many. */
const MAX_UNWRITTEN = 1_000;

/**
 * The second line, one per channel: a notification on the bus is sent and what became of it recorded, and only then
 * acknowledged. What the channel accepted and we recorded is never sent again; a crash between the two sends it again
 * with the same idempotency key.
 */
export function createSendLine(tools: SendLineTools): (message: Message<Notification>) => Promise<void> {
  // Accepted by the channel, not recorded because the bus was away: sending again would be a repeat.
  const unwritten = new Map<string, DeliveryReceipt>();

  return async (message) => {
    const parsed = Notification.safeParse(message.data);
    if (!parsed.success)
      throw new Reject('invalid-notification', `notification ${message.seq} is not in our form`);
    const notification = parsed.data;

    const kept = unwritten.get(notification.id);
    if (kept !== undefined) {
      await tools.receipts.put(kept);
      unwritten.delete(kept.id);
      return;
    }
    const receipt = await tools.receipts.get(notification.id);
    if (receipt !== undefined && receipt.status !== 'pending') {
      tools.outcomes.inc({ channel: tools.name, outcome: 'duplicate' });
      return;
    }
    if (isStale(notification, receipt, tools.now())) {
      await settle(notification, receipt, 'failed', 'too-old');
      throw new Reject('too-old', `${notification.id} waited too long for ${tools.name}`);
    }
    if (notification.kind === 'resolved' && !(await isOwed(notification, receipt, message.deliveries)))
      return;
    const attempted = tools.limiter.run(() => attempt(notification, receipt));
    if (attempted === undefined) {
      const waitMs = tools.retry.busyMs ?? BUSY_MS;
      throw new RetryLater(Math.ceil(waitMs * (1 + tools.random())), `${tools.name} is busy with others`);
    }
    await attempted;
  };

  async function isOwed(
    notification: Notification,
    receipt: DeliveryReceipt | undefined,
    deliveries: number,
  ) {
    const openingId = openingIdOf(notification.id, tools.name);
    if (openingId === undefined) return true;
    const owed = resolutionOwed(await tools.receipts.followed(openingId));
    if (owed.kind === 'owed') return true;
    if (owed.kind === 'wait') {
      const delayMs = Math.min(tools.retry.capMs, tools.retry.baseMs * 2 ** Math.min(deliveries - 1, 20));
      throw new RetryLater(delayMs, `${notification.id} waits for its opening`);
    }
    await settle(notification, receipt, 'suppressed', owed.reason);
    return false;
  }

  async function attempt(notification: Notification, receipt: DeliveryReceipt | undefined): Promise<void> {
    if (tools.isStopping()) throw new RetryLater(1_000, 'the notifier stops');
    const earlier = await earlierOf(notification, tools.name, tools.receipts);
    const left = tools.breaker.admit();
    const jitterMs = Math.ceil(tools.retry.baseMs * tools.random());
    const made = { attempts: receipt?.attempts ?? 0, firstAttemptAt: receipt?.firstAttemptAt };
    if (left > 0) {
      const since = Date.parse(made.firstAttemptAt ?? notification.createdAt);
      if (await handedOn(notification, 'left-alone', { attempts: made.attempts, since })) return;
      const delayMs = Math.min(left, untilFallback(notification, since)) + jitterMs;
      throw new RetryLater(delayMs, `${tools.name} is left alone`);
    }
    const attempts = made.attempts + 1;
    const begun = tools.now();
    const firstAttemptAt = made.firstAttemptAt === undefined ? begun : Date.parse(made.firstAttemptAt);
    let remoteId: string | undefined;
    try {
      const signal = AbortSignal.timeout(tools.timeoutMs);
      ({ remoteId } = await tools.channel.send(notification, signal, earlier));
    } catch (error) {
      if (error instanceof ChannelError) return refused(notification, error, { attempts, firstAttemptAt });
      tools.breaker.released();
      throw error;
    } finally {
      tools.seconds.observe((tools.now() - begun) / 1_000, { channel: tools.name });
    }
    tools.breaker.succeeded();
    tools.health.succeeded();
    tools.outcomes.inc({ channel: tools.name, outcome: 'sent' });
    const sent = receiptOf(notification, { status: 'sent', attempts, firstAttemptAt, remoteId }, tools.now());
    try {
      await tools.receipts.put(sent);
    } catch (error) {
      if (unwritten.size < MAX_UNWRITTEN) unwritten.set(sent.id, sent);
      throw error;
    }
  }

  async function refused(
    notification: Notification,
    error: ChannelError,
    made: { readonly attempts: number; readonly firstAttemptAt: number },
  ): Promise<void> {
    const now = tools.now();
    tools.refusals.inc({ channel: tools.name, reason: error.reason });
    if (error.retryAfterMs !== undefined)
      tools.breaker.hold(Math.min(error.retryAfterMs, tools.retry.giveUpAfterMs));
    else if (error.retryable) tools.breaker.failed();
    else tools.breaker.succeeded();
    if (error.retryable) tools.health.failed(error.reason);

    const { retryable, retryAfterMs } = error;
    const plan = planRetry({ retryable, retryAfterMs, ...made }, tools.retry, now, tools.random());
    const since = made.firstAttemptAt;
    const isLast = plan.kind === 'give-up';
    if (await handedOn(notification, error.reason, { attempts: made.attempts, since, isLast })) return;
    if (plan.kind === 'give-up') {
      await tools.receipts.keep(notification);
      const reason = plan.reason === 'rejected' ? `rejected: ${error.reason}` : `gave-up: ${error.reason}`;
      await tools.receipts.put(receiptOf(notification, { status: 'failed', reason, ...made }, now));
      tools.outcomes.inc({ channel: tools.name, outcome: 'failed' });
      throw new Reject(plan.reason, `${tools.name} did not take ${notification.id}: ${error.reason}`);
    }
    await tools.receipts.put(
      receiptOf(notification, { status: 'pending', reason: error.reason, ...made }, now),
    );
    const delayMs = Math.min(
      plan.delayMs,
      untilFallback(notification, since) + tools.retry.baseMs * tools.random(),
    );
    throw new RetryLater(delayMs, `${tools.name} did not take ${notification.id}: ${error.reason}`);
  }

  /** Milliseconds after which another channel gets it; infinite where none is named. */
  function untilFallback(notification: Notification, since: number): number {
    if (fallbackFor(notification, tools.fallback) === undefined) return Infinity;
    return triesLeftMs(since, tools.fallback, tools.now());
  }

  /**
   * Gives it to the fallback once this channel had its time. The new one is on the bus before the old one is settled: a crash between
   * the two gives it again under the same id.
   */
  async function handedOn(
    notification: Notification,
    why: string,
    { attempts, since, isLast = false }: { attempts: number; since: number; isLast?: boolean },
  ): Promise<boolean> {
    const now = tools.now();
    const next = fallbackFor(notification, tools.fallback);
    if (next === undefined || (!isLast && triesLeftMs(since, tools.fallback, now) > 0)) return false;
    const fresh = { ...next, createdAt: new Date(now).toISOString() };
    await tools.receipts.create(receiptOf(fresh, { status: 'pending', attempts: 0 }, now));
    await tools.bus.publish(subjects.notification(fresh.channel), fresh, { id: fresh.id });
    const reason = `fell-back: ${why}`;
    await tools.receipts.put(
      receiptOf(
        notification,
        { status: 'failed', reason, attempts, firstAttemptAt: since, via: next.id },
        now,
      ),
    );
    tools.outcomes.inc({ channel: tools.name, outcome: 'fell-back' });
    return true;
  }

  async function settle(
    notification: Notification,
    receipt: DeliveryReceipt | undefined,
    status: 'failed' | 'suppressed',
    reason: string,
  ): Promise<void> {
    const attempts = receipt?.attempts ?? 0;
    await tools.receipts.put(receiptOf(notification, { status, reason, attempts }, tools.now()));
    tools.outcomes.inc({ channel: tools.name, outcome: status });
  }
}
