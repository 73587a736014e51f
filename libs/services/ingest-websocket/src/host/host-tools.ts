import type { Clock } from '@proxmox-mcp/proxmox-client';
import type { CounterHandle, Logger } from '@proxmox-mcp/service-kit';
import type { Budget } from '../pace/budget.ts';
import type { HostHealth } from './host-health.ts';
import type { Rights } from './rights.ts';

/** What every part of one host's watch works with. */
export interface HostTools {
  /** Configured name of the host: the source of its events. */
  readonly source: string;
  readonly clock: Clock;
  /** Aborts when the host is no longer ours to watch. */
  readonly signal: AbortSignal;
  /** `user@realm` or `user@realm!token`: who the lines that grant something are for. */
  readonly authId: string;
  readonly rights: Rights;
  readonly budget: Budget;
  readonly health: HostHealth;
  readonly log: Logger;
  readonly metrics: HostMetrics;
  /** Waits until one more request fits the budget. */
  take(): Promise<void>;
  /** The same for what can wait: it leaves the last of the budget to the lists. */
  takeIdle(): Promise<void>;
  /**
   * Runs one turn of a loop: what the host refuses becomes a degradation, and the answer says how long to wait before the
   * next turn. Faults of our own pass through.
   */
  guard(what: string, turn: () => Promise<void>): Promise<number | void>;
  /** The same, again and again until it went well or was refused for good. */
  guardUntilAnswered(what: string, turn: () => Promise<void>): Promise<void>;
  /** Waits for all loops to end; the first that fails ends the watch. */
  together(loops: readonly Promise<void>[]): Promise<void>;
  /** Something looks as if a privilege were gone: the next check of our access comes early. */
  doubtAccess(): void;
  /** Whether anybody doubted since this was last asked. */
  takeAccessDoubt(): boolean;
  /** What went wrong with a call that one node had to answer. Faults of our own end the watch. */
  nodeError(node: string, error: unknown): void;
}

/** Counters of the service; a host has no label of its own. */
export interface HostMetrics {
  readonly requests: CounterHandle;
  readonly backfills: CounterHandle;
  readonly logsLost: CounterHandle;
}
