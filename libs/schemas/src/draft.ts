import type { Entity, Product } from './entity.ts';
import type { UntrustedText } from './event.ts';
import type { Severity } from './severity.ts';

/**
 * What a normalizer says about one input, before the ingest line adds what only it knows: id, channel, source, times and
 * title (`ingest-kit` finishes it into an `Event`).
 */
export interface EventDraft extends Readonly<Partial<Entity>> {
  readonly type: string;
  readonly severity: Severity;
  readonly product: Product;
  readonly upid?: string;
  readonly status?: string;
  /** Epoch seconds; only where the raw input carries an absolute time. */
  readonly at?: number;
  /** Epoch seconds our best reading of the sender's clock gives, where `at` cannot be (RFC 3164 has no year and no zone). */
  readonly occurredAtGuess?: number;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly text?: UntrustedText;
  /**
   * What makes this report this report, e.g. `<upid>/started`: same identity from the same source, same event id. Where it
   * is absent the ingest line hashes the raw input.
   */
  readonly identity?: string;
}

/** A failed API call, understood (PROXMOX §A.4). */
export interface ApiErrorReading {
  readonly status: number;
  readonly kind: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly [key: string]: unknown;
}

/** What came of one input: the document that `proxmox-mcp normalize` prints (CONTRACT §3). */
export type NormalizeResult = (
  | { readonly events: readonly EventDraft[] }
  /** Understood and dropped: noise. Not an error. */
  | { readonly ignore: true; readonly reason: string }
  /** Refused: untrusted, malformed or contradictory. Counted, kept as a dead letter, never a crash. */
  | { readonly reject: true; readonly reason: string; readonly detail?: string }
  | { readonly api_error: ApiErrorReading }
) & {
  /** Calls the poller must make next. */
  readonly follow_up?: readonly unknown[];
  /** Entries of a list that were refused while the rest was taken. */
  readonly rejected?: number;
  /** Answer an HTTP receiver gives. */
  readonly http_status?: number;
  /** The stream can no longer be trusted. */
  readonly close_connection?: boolean;
};
