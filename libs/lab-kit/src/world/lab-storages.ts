import type { PveSite } from './pve-site.ts';
import { makeStorage } from './make.ts';

/** What both default sites have: local disks, the NAS, and the PBS where there is one. */
export function addStorages(
  site: PveSite,
  pbs: { host: string; datastore: string; fingerprint: string } | undefined,
): void {
  makeStorage(site, {
    id: 'local',
    type: 'dir',
    content: 'iso,vztmpl,snippets',
    shared: false,
    path: '/var/lib/vz',
    totalGib: 94,
    usedGib: 21,
  });
  makeStorage(site, {
    id: 'local-lvm',
    type: 'lvmthin',
    content: 'images,rootdir',
    shared: false,
    totalGib: 1_700,
    usedGib: 610,
    config: { thinpool: 'data', vgname: 'pve' },
  });
  makeStorage(site, {
    id: 'nas-backup',
    type: 'nfs',
    content: 'backup',
    shared: true,
    path: '/mnt/pve/nas-backup',
    prune: 'keep-last=7',
    totalGib: 7_200,
    usedGib: 3_310,
    config: { export: '/volume1/backup', server: '192.0.2.50', options: 'vers=4.2' },
  });
  if (pbs !== undefined) {
    makeStorage(site, {
      id: 'pbs1',
      type: 'pbs',
      content: 'backup',
      shared: true,
      prune: 'keep-all=1',
      totalGib: 9_300,
      usedGib: 4_100,
      config: {
        datastore: pbs.datastore,
        server: pbs.host,
        username: 'pve@pbs!backup',
        fingerprint: pbs.fingerprint,
      },
    });
  }
}
