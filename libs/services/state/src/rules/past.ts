import type { Fact, StorageState } from '@proxmox-mcp/schemas';
import type { FactStore } from '../history/facts.ts';
import type { Growth } from './growth.ts';
import type { UsageLog } from './usage-log.ts';

/** What the history knows that a rule about the live picture may ask. */
export interface Past {
  /** Tasks that run on a node, as far as was told; what seems to run for more than two days has ended without a word. */
  runningOn(cluster: string, node: string): readonly Fact[];
  /** Whether a task was told as a fact: then its failure has an incident of its own. */
  isTold(upid: string): boolean;
  /** How a storage fills up; `undefined` where too little is known. */
  growthOf(storage: StorageState): Growth | undefined;
}

const LONGEST_TASK_MS = 48 * 3_600_000;

/** @param now milliseconds since the epoch. */
export function createPast(facts: FactStore, usage: UsageLog, now: () => number): Past {
  return {
    runningOn: (cluster, node) => facts.runningOn(cluster, node, now() - LONGEST_TASK_MS),
    isTold: (upid) => facts.isTask(upid),
    growthOf: (storage) => usage.growthOf(storage),
  };
}
