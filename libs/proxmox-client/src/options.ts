import type { Clock } from './clock.ts';
import type { ProxmoxErrorKind } from './error.ts';

/** The part of a logger the client uses: fields first, then a fixed sentence. */
export interface ClientLog {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** One finished attempt to call the API, for metrics and debugging. Carries no query, no body and no header. */
export interface RequestRecord {
  readonly method: string;
  /** API path without `/api2/json` and without query. */
  readonly path: string;
  /** `host:port` asked. */
  readonly endpoint: string;
  /** HTTP status; absent when there was no answer. */
  readonly status?: number;
  /** Absent when the answer was good. */
  readonly kind?: ProxmoxErrorKind;
  readonly durationMs: number;
}

/** What a client may be given besides its host. Everything has a default that works. */
export interface ClientOptions {
  /** Default: silent. */
  readonly log?: ClientLog;
  /** Default: the real clock. */
  readonly clock?: Clock;
  /** Numbers in [0, 1): jitter of backoff. Default: `Math.random`. */
  readonly random?: () => number;
  /** Requests under way at once, over all endpoints of the host. Default 4. */
  readonly maxInFlight?: number;
  /** Requests that may wait for a slot; the next one fails with `busy`. Default 1000. */
  readonly maxQueued?: number;
  /** Longest one attempt may take, answer body included. Default 10 000. */
  readonly timeoutMs?: number;
  /** Further attempts of a read that failed for a passing reason. Writes are never repeated. Default 2. */
  readonly retries?: number;
  /** Largest answer body read. Default 32 MiB. */
  readonly maxBodyBytes?: number;
  /** Failures in a row after which an endpoint is left alone. Default 5. */
  readonly breakerThreshold?: number;
  /** How long it is left alone the first time; doubles up to ten times this. Default 30 000. */
  readonly breakerCoolDownMs?: number;
  /** Age at which a login ticket (valid two hours) is renewed. Default one hour. */
  readonly ticketRenewMs?: number;
  /** Called once per attempt, also for failed ones and logins. Must not throw. */
  readonly onRequest?: (record: RequestRecord) => void;
}

/** Options with their defaults filled in. */
export type Settings = Required<Omit<ClientOptions, 'onRequest' | 'log'>> &
  Pick<ClientOptions, 'onRequest' | 'log'> & { readonly warnOnce: WarnOnce };

/** Logs a warning unless one of the same key was logged before: a poller would repeat it every few seconds. */
export type WarnOnce = (key: string, fields: Readonly<Record<string, unknown>>, message: string) => void;

const MOST_KEYS = 1000;

/** Warnings to `log`, each key once; past a thousand keys nothing new is logged. */
export function createWarnOnce(log: ClientLog | undefined): WarnOnce {
  const seen = new Set<string>();
  return (key, fields, message) => {
    if (seen.has(key) || seen.size >= MOST_KEYS) return;
    seen.add(key);
    log?.warn(fields, message);
  };
}
