import type { ServerCertificate } from '../http/certificate.ts';

/** A pretend service that notifications can be sent to. `M` is a message as the service stored it. */
export interface Receiver<M> {
  /** Where it listens, without a slash at its end. */
  readonly url: string;
  /** What was accepted, oldest first; at most the newest 10,000. */
  messages(): readonly M[];
  /**
   * The oldest message that satisfies the predicate and that no earlier `next` gave; waits for it.
   *
   * @throws {Error} when none comes within `timeoutMs` (default 10 s); says how many messages there are.
   */
  next(predicate?: (message: M) => boolean, timeoutMs?: number): Promise<M>;
  /** The next `count` requests that would publish are refused with this status, as the service words it. */
  failNext(count: number, status: number, headers?: Readonly<Record<string, string>>): void;
  /** Refuses connections and ends those there are. Safe twice. */
  close(): Promise<void>;
}

/** How a pretend service is started. */
export interface ReceiverOptions {
  /** Default 0: a free one. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Milliseconds since the epoch; stamps of messages. */
  readonly now?: () => number;
  /** With it the service speaks TLS. */
  readonly certificate?: ServerCertificate;
}
