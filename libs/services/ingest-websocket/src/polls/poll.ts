import type { ZfsPool } from '@proxmox-mcp/proxmox-client';
import type { ConditionDiff, CoverageGuests, Whose } from '@proxmox-mcp/proxmox-events';
import type { Product } from '@proxmox-mcp/schemas';
import type { IngestWebsocketConfig } from '../config.ts';

/** Settings that hold the period of something polled. */
export type PeriodSetting = Extract<keyof IngestWebsocketConfig, `WEBSOCKET_${string}_SECONDS`>;

/** What something polled asks, needs and tells: a row of docs/polls.md. */
export interface PollAbout {
  /** Names its memory, its troubles and its row. */
  readonly name: string;
  readonly setting: PeriodSetting;
  /** Endpoints by product; a product without one is not asked. */
  readonly asks: Readonly<Partial<Record<Product, string>>>;
  /** What we need for it, by product, as the matrix of capabilities calls it; absent: any user may ask. */
  readonly needs?: Readonly<Partial<Record<Product, string>>>;
  /** Only while what it needs is granted: going without is a choice, not a trouble. */
  readonly isOptional?: true;
  /** Event types, with `*` for what follows. */
  readonly tells: readonly string[];
}

/** What the slow polls ask of a machine or cluster. Every call throws `ProxmoxError` and has a timeout of its own. */
export interface SlowPort {
  readonly disks: (node: string, signal: AbortSignal) => Promise<readonly unknown[]>;
  readonly zfs: (node: string, signal: AbortSignal) => Promise<readonly ZfsPool[]>;
  readonly zfsPool: (node: string, pool: string, signal: AbortSignal) => Promise<unknown>;
  readonly certificates: (node: string, signal: AbortSignal) => Promise<readonly unknown[]>;
  readonly services: (node: string, signal: AbortSignal) => Promise<readonly unknown[]>;
  readonly updates: (node: string, signal: AbortSignal) => Promise<readonly unknown[]>;
  readonly subscription: (node: string, signal: AbortSignal) => Promise<unknown>;
}

/** The same for what only a PVE cluster has. */
export interface ClusterPort extends SlowPort {
  readonly ceph: (signal: AbortSignal) => Promise<unknown>;
  readonly notBackedUp: (signal: AbortSignal) => Promise<readonly unknown[]>;
}

/** One look of a poll. */
export interface Look<Port> {
  readonly port: Port;
  /** Empty for a poll of the whole cluster. */
  readonly node: string;
  /** Waits for the budget, then asks. */
  readonly ask: <T>(call: (signal: AbortSignal) => Promise<T>) => Promise<T>;
  /** Epoch milliseconds. */
  readonly nowMs: number;
  /** Guests, as far as they are known. */
  readonly guests: CoverageGuests | undefined;
}

/** A slow poll: what it sees is compared with what it saw before. `Seen` is plain JSON. */
export interface Poll<Seen, Port = SlowPort> extends PollAbout {
  /** Once per node, or once for the whole cluster. */
  readonly of: 'node' | 'cluster';
  /** `undefined`: nothing to see, or not enough known yet. */
  readonly look: (look: Look<Port>) => Promise<Seen | undefined>;
  /**
   * What to compare the first answer with, where a person wants to hear of what is wrong already: a disk that has failed. Without it the
   * first answer is what is, not what happened.
   */
  readonly well?: (first: Seen) => Seen;
  readonly diff: (
    before: Seen,
    after: Seen,
    whose: Whose,
    guests: CoverageGuests | undefined,
  ) => ConditionDiff<Seen>;
}
