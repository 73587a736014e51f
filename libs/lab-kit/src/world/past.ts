import { type PveSite } from './pve-site.ts';
import { DAY } from './sizes.ts';

/** Leaves last nights' archives of every guest on a storage. */
export function addPastBackups(site: PveSite, storageId: string, nights: number): void {
  const storage = site.storage(storageId);
  for (let night = nights; night >= 1; night--) {
    for (const guest of site.guests.values()) {
      if (guest.template) continue;
      const createdAt = site.seconds() - (site.seconds() % DAY) - night * DAY + 7_200 + guest.vmid;
      const stamp = new Date(createdAt * 1000)
        .toISOString()
        .slice(0, 19)
        .replace('T', '-')
        .replaceAll(':', '_');
      const [date = '', time = ''] = [stamp.slice(0, 10).replaceAll('-', '_'), stamp.slice(11)];
      const format = guest.kind === 'qemu' ? 'vma.zst' : 'tar.zst';
      storage.volumes.push({
        volid: `${storageId}:backup/vzdump-${guest.kind}-${guest.vmid}-${date}-${time}.${format}`,
        content: 'backup',
        format,
        sizeBytes: Math.round(guest.usedBytes * 0.4),
        createdAt,
        vmid: guest.vmid,
        subtype: guest.kind,
        notes: guest.name,
      });
    }
  }
}

/** Lines of the last hours, so that a journal is not empty at first sight. */
export function addPastJournal(site: PveSite): void {
  const now = site.now();
  for (const node of site.nodes.values()) {
    const add = (agoSeconds: number, tag: string, text: string, pri = 30) =>
      node.journal.push({ at: now - agoSeconds * 1000, tag, pid: node.daemons[tag] ?? 1, pri, text });
    add(21_600, 'pmxcfs', '[status] notice: received log', 29);
    add(14_400, 'pvedaemon', `worker ${(node.daemons['pvedaemon'] ?? 1) + 3} finished`);
    add(14_399, 'pvedaemon', 'starting 1 worker(s)');
    add(7_200, 'pveproxy', `worker ${(node.daemons['pveproxy'] ?? 1) + 5} finished`);
    add(3_600, 'pmxcfs', '[dcdb] notice: data verification successful', 29);
    add(900, 'pvescheduler', 'replication: nothing to do');
  }
}

/** What the last days left in the archives, so that a first look at the lab is not at an empty one. */
export function addPastTasks(site: PveSite): void {
  const midnight = site.seconds() - (site.seconds() % DAY);
  for (let night = 3; night >= 1; night--) {
    for (const [index, node] of [...site.nodes.keys()].entries()) {
      const startedAt = midnight - night * DAY + 7_200 + index;
      site.addPastTask({
        node,
        type: 'vzdump',
        id: '',
        startedAt,
        seconds: 1_260,
        log: ['INFO: Backup job finished successfully'],
      });
      site.addPastTask({ node, type: 'aptupdate', id: '', startedAt: startedAt + 9_000, seconds: 6 });
    }
  }
  site.addPastTask({
    node: 'pve1',
    type: 'qmsnapshot',
    id: '101',
    startedAt: midnight - 9 * DAY,
    seconds: 3,
  });
  site.addPastTask({
    node: 'pve2',
    type: 'vncproxy',
    id: '110',
    startedAt: midnight - 40_000,
    seconds: 11,
    status: 'connection timed out',
  });
}
