import type { StreamName } from '@proxmox-mcp/schemas';
import { type ConsumeOptions, Reject, RetryLater } from '../bus.ts';
import { messageOf } from './message-of.ts';
import { checkName, streamOfFilters } from './limits.ts';

/** A message waits a day at most. */
const MAX_DELAY_MS = 86_400_000;

/** Consumer options with every default filled in and every bound checked. */
export interface ConsumeSettings {
  readonly stream: StreamName;
  readonly durable: string;
  readonly filters: readonly string[];
  readonly ackWaitMs: number;
  readonly maxDeliver: number;
  readonly backoffMs: readonly number[];
  readonly maxInFlight: number;
  readonly startFrom: 'all' | 'new';
}

/** @throws {InvalidMessage} bad name or filters. @throws {RangeError} a number out of bounds. */
export function consumeSettings<T>(options: ConsumeOptions<T>): ConsumeSettings {
  checkName('durable', options.durable);
  return {
    stream: streamOfFilters(options.filters),
    durable: options.durable,
    filters: options.filters,
    ackWaitMs: within('ackWaitMs', options.ackWaitMs ?? 30_000, 10, MAX_DELAY_MS),
    maxDeliver: within('maxDeliver', options.maxDeliver ?? 5, 1, 1_000),
    backoffMs: (options.backoffMs ?? [1_000, 5_000, 30_000]).map((ms) =>
      within('backoffMs', ms, 0, MAX_DELAY_MS),
    ),
    maxInFlight: within('maxInFlight', options.maxInFlight ?? 64, 1, 10_000),
    startFrom: options.startFrom ?? 'all',
  };
}

/** Wait before the delivery after this one. */
export function backoff(settings: ConsumeSettings, deliveries: number): number {
  return settings.backoffMs[Math.min(deliveries, settings.backoffMs.length) - 1] ?? 1_000;
}

/** What a handler's outcome asks for. */
export type Verdict =
  | { readonly kind: 'done' }
  | { readonly kind: 'retry'; readonly delayMs: number; readonly why: string }
  | { readonly kind: 'dead'; readonly reason: string; readonly why: string };

/** What an error thrown on this delivery asks for. */
export function verdictOf(settings: ConsumeSettings, deliveries: number, error: unknown): Verdict {
  const why = messageOf(error);
  if (error instanceof Reject) return { kind: 'dead', reason: error.reason, why };
  if (deliveries >= settings.maxDeliver) return { kind: 'dead', reason: 'max-deliver', why };
  const delayMs = error instanceof RetryLater ? wholeDelay(error.delayMs) : backoff(settings, deliveries);
  return { kind: 'retry', delayMs, why };
}

/** Handlers reckon with ratios and jitter; both stores keep whole numbers, and a row they refuse would hold up everybody's. */
function wholeDelay(ms: number): number {
  return Number.isNaN(ms) ? 0 : Math.ceil(Math.min(Math.max(0, ms), MAX_DELAY_MS));
}

function within(name: string, value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`${name} is ${value}, not a whole number from ${least} to ${most}`);
  }
  return value;
}
