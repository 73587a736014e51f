import { addUsers } from './lab-users.ts';
import { makeGuest, makeNode, makeStorage } from './make.ts';
import { PveSite, type SiteContext } from './pve-site.ts';

/** A cluster `scale` with as many nodes and guests as asked for, two in three of them running VMs. */
export function scaleCluster(context: SiteContext, size: { nodes: number; guests: number }): PveSite {
  const site = new PveSite(context, { clusterName: 'scale', domain: 'scale.example' });
  for (let i = 1; i <= size.nodes; i++) {
    makeNode(site, {
      name: `node${i}`,
      nodeid: i,
      ip: `198.51.100.${i}`,
      upDays: 20 + i,
      cores: 64,
      memGib: 512,
    });
  }
  addUsers(site);
  makeStorage(site, {
    id: 'local',
    type: 'dir',
    content: 'iso,vztmpl',
    shared: false,
    path: '/var/lib/vz',
    totalGib: 94,
    usedGib: 20,
  });
  makeStorage(site, {
    id: 'local-lvm',
    type: 'lvmthin',
    content: 'images,rootdir',
    shared: false,
    totalGib: 8_000,
    usedGib: 3_000,
  });
  makeStorage(site, {
    id: 'nas-backup',
    type: 'nfs',
    content: 'backup',
    shared: true,
    path: '/mnt/pve/nas-backup',
    totalGib: 90_000,
    usedGib: 40_000,
    prune: 'keep-last=7',
  });
  for (let i = 0; i < size.guests; i++) {
    makeGuest(site, {
      vmid: 100 + i,
      kind: i % 3 === 2 ? 'lxc' : 'qemu',
      name: `guest-${100 + i}`,
      node: `node${(i % size.nodes) + 1}`,
      cores: 1 + (i % 4),
      memGib: 1 + (i % 8),
      diskGib: 16,
      storage: 'local-lvm',
      running: i % 7 !== 0,
      tags: i % 5 === 0 ? ['prod'] : [],
    });
  }
  return site;
}
