import type { WorldClock } from './clock.ts';
import type { LabListener } from './listener.ts';
import type { PbsSite } from './pbs-site.ts';
import { startBackup } from './pbs-backup.ts';
import { populateCluster, populateEdge } from './populate.ts';
import { populatePbs } from './populate-pbs.ts';
import type { PveSite, SiteContext } from './pve-site.ts';
import { createRandom } from './random.ts';
import { scaleCluster } from './scale.ts';
import type { PbsBackupStart } from './vzdump.ts';

/** Everything that exists in the pretend lab, without any network. */
export class World {
  readonly clock: WorldClock;
  /** The cluster first, then the standalone host. */
  readonly sites: readonly PveSite[];
  readonly pbs: PbsSite;
  /** Gives a backup to a PBS storage its task on the PBS. */
  readonly onPbsBackup: PbsBackupStart;
  readonly #listeners = new Set<LabListener>();
  readonly #powerListeners = new Set<(node: string, isOn: boolean) => void>();

  constructor(options: {
    clock: WorldClock;
    seed: string;
    scale?: { nodes: number; guests: number };
    sites?: (context: SiteContext) => readonly PveSite[];
  }) {
    this.clock = options.clock;
    const context = (name: string): SiteContext => ({
      clock: options.clock,
      random: createRandom(`${options.seed} ${name}`),
      listeners: this.#listeners,
    });
    this.pbs = populatePbs(context('pbs'));
    const pbs = { host: this.pbs.ip, datastore: 'tank-main', fingerprint: this.pbs.fingerprint };
    const cluster = () =>
      options.scale === undefined
        ? populateCluster(context('lab'), pbs)
        : scaleCluster(context('scale'), options.scale);
    this.sites = options.sites?.(context('sites')) ?? [cluster(), populateEdge(context('edge'))];
    this.onPbsBackup = ({ storage, guest, totalMs, error }) => {
      const store = String(storage.config['datastore'] ?? '');
      if (!this.pbs.datastores.has(store)) return;
      startBackup(this.pbs, {
        store,
        type: guest.kind === 'qemu' ? 'vm' : 'ct',
        id: String(guest.vmid),
        user: String(storage.config['username'] ?? 'root@pam'),
        sizeBytes: guest.disks.reduce((sum, d) => sum + d.sizeBytes, 0),
        seconds: totalMs / 1000,
        clientVanishes: error !== undefined,
      });
    };
  }

  /** The cluster. */
  get cluster(): PveSite {
    const [cluster] = this.sites;
    if (cluster === undefined) throw new Error('the lab has no cluster');
    return cluster;
  }

  /** Hears syslog lines and notifications until the returned function is called. */
  listen(listener: LabListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Hears of nodes losing and getting power. */
  onPower(listener: (node: string, isOn: boolean) => void): () => void {
    this.#powerListeners.add(listener);
    return () => this.#powerListeners.delete(listener);
  }

  /** Tells the servers; the node's own state is the caller's affair. */
  setPower(node: string, isOn: boolean): void {
    for (const listener of this.#powerListeners) listener(node, isOn);
  }
}
