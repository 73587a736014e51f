import type { Journal } from '../cursor/journal.ts';
import type { HostTools } from '../host/host-tools.ts';
import type { Lanes } from '../pace/lanes.ts';
import type { JobRows } from '../resources/job-rows.ts';
import { observedBackupJobs, observedReplication } from '../resources/rows.ts';
import { foldHa, foldReplication, foldStatus, type ClusterMemory } from './cluster-memory.ts';
import type { PvePort } from './pve-port.ts';
import type { PveView } from './pve-view.ts';

/** The quick polls of a cluster as a whole. Each throws `ProxmoxError`. */
export interface ClusterPolls {
  /** Quorum, members, who the cluster is. */
  readonly status: () => Promise<void>;
  readonly ha: () => Promise<void>;
  readonly backupJobs: () => Promise<void>;
  readonly replication: () => Promise<void>;
  /** HA was answered lately: it tells of services, and nobody else needs to. */
  readonly isHaWatched: () => boolean;
}

export function createClusterPolls(options: {
  readonly tools: HostTools;
  readonly port: PvePort;
  readonly view: PveView;
  readonly journal: Journal<ClusterMemory>;
  readonly jobs: JobRows;
  readonly lanes: Lanes;
}): ClusterPolls {
  const { tools, port, view, journal, jobs, lanes } = options;
  const now = () => tools.clock.now();
  const ask = async <T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    await tools.take();
    return call(tools.signal);
  };
  let isHaWatched = false;
  return {
    isHaWatched: () => isHaWatched,
    async status() {
      const rows = await ask(port.clusterStatus);
      view.learnStatus(rows);
      await journal.apply((memory) => foldStatus(memory, rows, now()));
    },
    async ha() {
      // A single node has no HA; asking it costs a request for nothing.
      if (!view.isCluster()) return;
      try {
        const rows = await ask(port.haStatus);
        await journal.apply((memory) => foldHa(memory, rows, now()));
        isHaWatched = true;
      } catch (error) {
        isHaWatched = false;
        throw error;
      }
    },
    async backupJobs() {
      await jobs.see('backup', observedBackupJobs(await ask(port.backupJobs)));
    },
    async replication() {
      jobs.keep(view.all().map(partOf));
      for (const node of view.reachable())
        await lanes.runAndWait(node, async () => {
          const rows = await ask((signal) => port.replication(node, signal));
          await journal.apply((memory) => foldReplication(memory, node, rows));
          await jobs.see(partOf(node), observedReplication(rows, node));
        });
      await jobs.see('replication', []);
    },
  };
}

const partOf = (node: string) => `replication/${node}`;
