import type { Handler } from '../bus.ts';
import type { Stored } from './log.ts';

/** One message on its way through a durable: given to a handler, waiting for its next delivery, or about to be. */
export interface Delivery {
  readonly message: Stored;
  /** Deliveries begun. */
  deliveries: number;
  /** The attempt table has a row for it. */
  hasRow: boolean;
  /** Of the attempt under way; a result with another number comes too late and counts for nothing. */
  attempt: number;
  timer: NodeJS.Timeout | undefined;
}

/** One `consume` call on a durable. */
export interface Worker {
  readonly handler: Handler<unknown>;
  running: number;
  /** Called when `running` comes down to 0. */
  onIdle: (() => void) | undefined;
}
