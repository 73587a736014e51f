import type { Incident, Notification } from '@proxmox-mcp/schemas';
import type { Dispatcher } from 'undici';
import type * as z from 'zod';

/** What a channel answers once it has accepted a notification. */
export interface Sent {
  /** The channel's own id of the message, where it gives one. */
  readonly remoteId?: string | undefined;
}

/** The message that opened the thread, as the channel knows it. */
export interface Earlier {
  readonly remoteId: string;
}

/** Sends notifications somewhere. `send` is all there is. */
export interface Channel {
  /**
   * Sends one notification once, without retrying.
   *
   * @param signal aborts the attempt; what became of it is then unknown.
   * @param earlier what the same thread was told here before. A channel that can puts the notification in its place; one
   *   whose earlier message is gone sends a new one.
   * @throws {ChannelError} nothing else; never with a token, a secret or a secret URL in it.
   */
  send(notification: Notification, signal: AbortSignal, earlier?: Earlier): Promise<Sent>;
}

/** A link by which whoever reads the message can act on its incident, once. */
export interface ActLink {
  readonly label: string;
  /** Holds a token of one use: a GET shows a page, a POST acts. */
  readonly url: string;
}

/** A channel did not take a notification. Carries no `cause`: the libraries below put URLs into theirs. */
export class ChannelError extends Error {
  override readonly name = 'ChannelError';
  /** The same notification can be accepted later: the channel is at fault, not the message. */
  readonly retryable: boolean;
  /** Small fixed word or `http-<status>`; goes to receipts and metrics. */
  readonly reason: string;
  /** What the channel asked us to wait. */
  readonly retryAfterMs: number | undefined;
  constructor(failure: {
    retryable: boolean;
    reason: string;
    message: string;
    retryAfterMs?: number | undefined;
  }) {
    super(failure.message);
    this.retryable = failure.retryable;
    this.reason = failure.reason;
    this.retryAfterMs = failure.retryAfterMs;
  }
}

/** What a channel may use from outside. */
export interface ChannelTools {
  /** Keeps the connections; closed by the service. */
  readonly dispatcher: Dispatcher;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** The newest copy of an incident, for channels whose readers are programs. Absent where there is no bus. */
  readonly incident?: (id: string) => Promise<Incident | undefined>;
  /** Links to act by, for messages that ask for something. Absent where there is nothing they could lead to. */
  readonly actLinks?: (notification: Notification) => readonly ActLink[];
}

/** A setting that a channel cannot do without: its key, and what belongs there. Never a value. */
export interface ChannelFault {
  readonly key: string;
  readonly message: string;
}

/**
 * A channel as its folder describes it. `C` is what its part of the settings parses to. Adding a channel is such a folder
 * and one line in `index.ts`.
 */
export interface ChannelDefinition<S extends z.ZodRawShape = z.ZodRawShape> {
  /** Name in receipts, subjects and metrics. */
  readonly name: string;
  /** Words for it in ENABLED_NOTIFIERS, upper case. */
  readonly words: readonly string[];
  /** The switch among `config`. */
  readonly switchKey: keyof S & string;
  readonly config: S;
  /** What is missing before it can be used. Empty when it can. */
  faults(config: z.infer<z.ZodObject<S>>): readonly ChannelFault[];
  /** @throws nothing, when `faults` answered none. */
  create(config: z.infer<z.ZodObject<S>>, tools: ChannelTools): Channel;
}

/** Ties the settings' type to the channel without naming it twice. */
export function defineChannel<S extends z.ZodRawShape>(
  definition: ChannelDefinition<S>,
): ChannelDefinition<S> {
  return definition;
}
