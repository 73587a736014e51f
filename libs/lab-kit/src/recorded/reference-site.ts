import { makeGuest, makeNode, makeStorage } from '../world/make.ts';
import { PveSite, type SiteContext } from '../world/pve-site.ts';
import type { LabTask } from '../world/tasks.ts';

const SECRET = '00000000-0000-4000-8000-000000000000';

function addAccess(site: PveSite): void {
  const { access } = site;
  const users: [string, string | undefined, string[]][] = [
    ['root@pam', 'reference', []],
    ['monitor@pve', 'monitor-pass-1', ['auditors']],
    ['ops@pve', 'operator-pass-1', []],
    ['nobody@pve', 'nobody-pass-1', []],
    ['bot@pve', undefined, []],
  ];
  for (const [userid, password, groups] of users) {
    access.users.set(userid, { userid, enable: true, expire: 0, groups, ...(password === undefined ? {} : { password }) });
  }
  access.users.set('gone@pve', { userid: 'gone@pve', password: 'gone-pass-123', enable: false, expire: 0, groups: [] });
  access.groups.set('auditors', {});
  const token = (userid: string, tokenid: string, privsep: boolean, expire = 0) =>
    access.tokens.set(`${userid}!${tokenid}`, { userid, tokenid, secret: SECRET, privsep, expire });
  token('root@pam', 'full', false);
  token('monitor@pve', 'ro', false);
  token('ops@pve', 'sep', true);
  token('ops@pve', 'nosep', false);
  token('ops@pve', 'expired', false, 1_000);
  token('nobody@pve', 'tok', false);
  token('bot@pve', 'dup', true);
  access.roles.set('Orchestrator', {
    privs: ['Datastore.AllocateSpace', 'Datastore.Audit', 'Sys.Audit', 'VM.Audit', 'VM.Backup', 'VM.PowerMgmt', 'VM.Snapshot'],
    special: false,
  });
  access.acl.push({ path: '/', who: '@auditors', role: 'PVEAuditor', propagate: true });
  access.acl.push({ path: '/', who: 'ops@pve', role: 'Orchestrator', propagate: true });
  access.acl.push({ path: '/vms/101', who: 'bot@pve', role: 'PVEVMUser', propagate: true });
  access.acl.push({ path: '/vms/100', who: 'ops@pve!sep', role: 'PVEVMUser', propagate: true });
}

/** A site like the recorded host: guests 100, 101, 102, 200, 900, storages local, backup1 and off. */
export function referenceSite(context: SiteContext, nodes: 1 | 2): PveSite {
  const site = new PveSite(context, { domain: 'example.test', ...(nodes === 2 ? { clusterName: 'refcluster' } : {}) });
  site.statsIntervalMs = 0;
  makeNode(site, { name: 'pve1', nodeid: nodes === 2 ? 1 : 0, ip: '10.99.0.1', upDays: 3, cores: 2, memGib: 24, zfs: false });
  if (nodes === 2) makeNode(site, { name: 'pve2', nodeid: 2, ip: '10.99.0.2', upDays: 3, cores: 2, memGib: 24 });
  addAccess(site);
  site.pools.set('prod', { comment: 'production guests' });
  const add = (g: Omit<Parameters<typeof makeGuest>[1], 'cores' | 'memGib' | 'diskGib' | 'storage'>) =>
    makeGuest(site, { cores: 1, memGib: 1, diskGib: 1, storage: 'local', agent: false, ...g });
  add({ vmid: 100, kind: 'qemu', name: 'web-01', node: 'pve1', tags: ['prod', 'web'], pool: 'prod', running: nodes === 1 });
  add({ vmid: 101, kind: 'qemu', name: 'db-01', node: 'pve1', running: false, tags: ['prod'], pool: 'prod' });
  add({ vmid: 102, kind: 'qemu', name: 'win-02', node: 'pve1', running: false });
  add({ vmid: 111, kind: 'qemu', name: 'tmp-111', node: 'pve1', running: false });
  add({ vmid: 200, kind: 'lxc', name: 'ct-cache', node: 'pve1', tags: ['cache'] });
  add({ vmid: 900, kind: 'qemu', name: 'tmpl-debian', node: 'pve1', template: true });
  add({ vmid: 110, kind: 'qemu', name: 'db-clone', node: 'pve1', running: false });
  if (nodes === 2) add({ vmid: 201, kind: 'lxc', name: 'ct-cache', node: 'pve1', running: false });
  if (nodes === 2) add({ vmid: 300, kind: 'qemu', name: 'edge-01', node: 'pve2' });
  makeStorage(site, { id: 'local', type: 'dir', content: 'images,iso,rootdir,snippets,backup,vztmpl', shared: false, path: '/var/lib/vz', prune: 'keep-all=1', totalGib: 250, usedGib: 40 });
  makeStorage(site, { id: 'backup1', type: 'dir', content: 'backup', shared: false, path: '/mnt/backup', prune: 'keep-last=3', totalGib: 250, usedGib: 40 });
  makeStorage(site, { id: 'off', type: 'dir', content: 'iso', shared: false, path: '/mnt/off', totalGib: 1, usedGib: 0 }).disabled = true;
  site.backupJobs.set('backup-nightly', {
    id: 'backup-nightly',
    schedule: '02:30',
    enabled: true,
    storage: 'backup1',
    mode: 'snapshot',
    vmids: [],
    prune: 'keep-last=2',
    notesTemplate: '{{guestname}}',
  });
  site.storage('backup1').volumes.push({
    volid: 'backup1:backup/vzdump-lxc-200-2026_11_22-08_05_31.tar.zst',
    content: 'backup',
    format: 'tar.zst',
    sizeBytes: 1_102_286,
    createdAt: 1_795_334_731,
    vmid: 200,
    subtype: 'lxc',
    notes: 'ct-cache on pve1',
  });
  return site;
}

/** A task with the UPID of a recording: running, unless it has a status. */
export function addRecordedTask(site: PveSite, upid: string, status?: string): LabTask {
  const [, node = '', pid = '0', pstart = '0', at = '0', type = '', id = '', user = ''] = upid.split(':');
  const task: LabTask = {
    upid,
    node,
    pid: Number.parseInt(pid, 16),
    pstart: Number.parseInt(pstart, 16),
    startedAt: Number.parseInt(at, 16),
    type,
    id,
    user,
    log: [],
  };
  if (status !== undefined) {
    Object.assign(task, { status, endedAt: task.startedAt + 1, log: [`TASK ${status}`] });
    site.tasks.addFinished(task);
    return task;
  }
  return site.tasks.start(task, function* () {
    yield 86_400_000;
  });
}
