import { PRI, type PveSite } from './pve-site.ts';

const PASS_MS = 10_000;

/** A storage stops answering: pvestatd complains on every node at every pass until it is back. */
export function takeStorageOffline(site: PveSite, id: string): void {
  const storage = site.storage(id);
  if (!storage.online) return;
  storage.online = false;
  storage.changedAt = site.now();
  const since = storage.changedAt;
  const server = String(storage.config['server'] ?? '');
  const nodes = () => [...site.nodes.keys()].filter((n) => site.isAlive(n));
  if (storage.type === 'nfs') {
    for (const node of nodes())
      site.syslog(node, 'kernel', 0, 4, `nfs: server ${server} not responding, still trying`);
  }
  const complain = () => {
    if (storage.online || storage.changedAt !== since) return;
    for (const node of nodes()) {
      site.daemonLog(node, 'pvestatd', PRI.warning, `storage '${id}' is not online`);
      site.daemonLog(
        node,
        'pvestatd',
        PRI.info,
        `status update time (${(10 + site.context.random.next()).toFixed(3)} seconds)`,
      );
    }
    site.context.clock.schedule(site.now() + PASS_MS, complain);
  };
  site.context.clock.schedule(site.now() + PASS_MS, complain);
}

/** The storage answers again. */
export function bringStorageOnline(site: PveSite, id: string): void {
  const storage = site.storage(id);
  if (storage.online) return;
  storage.online = true;
  storage.changedAt = site.now();
  if (storage.type !== 'nfs') return;
  const server = String(storage.config['server'] ?? '');
  for (const node of site.nodes.keys()) {
    if (site.isAlive(node)) site.syslog(node, 'kernel', 0, 6, `nfs: server ${server} OK`);
  }
}
