import type { LabListener } from '../world/listener.ts';

/** Delivers what the lab says to one target. */
export interface Sender extends LabListener {
  /** Resolves when everything heard so far was delivered or has failed. */
  settled(): Promise<void>;
  /** What did not arrive, oldest first; at most 100. */
  failures(): readonly string[];
  /** Delivers what it holds, then releases its sockets. Safe twice. */
  stop(): Promise<void>;
}
