import fc from 'fast-check';
import { loadTestInventory } from '../testing/index.ts';
import { normalizeSyslogLine, type SyslogOutcome } from './normalize-syslog-line.ts';
import type { SyslogLine, SyslogOrigin } from './syslog-line.ts';

const { sources } = loadTestInventory();

function origin(id: string, node: string): SyslogOrigin {
  const source = sources.find((candidate) => candidate.id === id);
  if (source === undefined) throw new Error(`no source ${id}`);
  return { source, node };
}

const orion = origin('orion', 'hv-a1');
const vault = origin('vault1', 'vault1');

function read(tag: string, message: string, more: Partial<SyslogLine> = {}, from = orion): SyslogOutcome {
  return normalizeSyslogLine({ tag, message, ...more }, from);
}

const UPID = 'UPID:hv-a1:0000B2C3:01AA0000:69B51904:qmstart:104:ops@pve!mcp:';

describe('normalizeSyslogLine', () => {
  it.each<[string, string, object]>([
    [
      'pvedaemon',
      `<ops@pve!mcp> end task ${UPID} OK`,
      {
        type: 'guest.start.succeeded',
        status: 'OK',
        upid: UPID,
        guest: { kind: 'qemu', vmid: 104 },
        facts: { user: 'ops@pve', tokenid: 'mcp', task_type: 'qmstart' },
      },
    ],
    ['qm', `start VM 104: ${UPID}`, { type: 'guest.start.started', node: 'hv-a1', cluster: 'orion' }],
    [
      'vzdump',
      'INFO: Starting Backup of VM 2001 (lxc)',
      { type: 'backup.guest.started', guest: { kind: 'lxc', vmid: 2001 } },
    ],
    [
      'pvescheduler',
      '110-0: got unexpected replication job error - no route#012to host',
      { type: 'replication.job.failed', facts: { job_id: '110-0', error: 'no route\nto host' } },
    ],
    ['pmxcfs', '[status] notice: node has quorum', { type: 'cluster.quorum.regained', severity: 'notice' }],
    [
      'corosync',
      '  [TOTEM ] A new membership (1.2f8) was formed. Members joined: 2 3 left: 1',
      { type: 'cluster.member.left', facts: { joined_nodeids: [2, 3], left_nodeids: [1] } },
    ],
    [
      'corosync',
      '  [KNET  ] host: host: 2 has no active links',
      { type: 'cluster.peer.unreachable', severity: 'error', facts: { peer_nodeid: 2, peer_node: 'hv-b2' } },
    ],
    [
      'corosync',
      '  [KNET  ] link: Resetting MTU for link 1 because host 3 joined',
      { type: 'cluster.link.up', facts: { peer_nodeid: 3, link: 1 } },
    ],
    [
      'corosync',
      '  [TOTEM ] Token has not been received in 2737 ms',
      { type: 'cluster.token.lost', facts: { token_ms: 2737 } },
    ],
    [
      'pve-ha-crm',
      "recover service 'vm:2002' from fenced node 'hv-a1' to node 'hv-c3'",
      {
        type: 'ha.service.recovered',
        severity: 'warning',
        node: 'hv-c3',
        guest: { kind: 'qemu', vmid: 2002 },
        facts: { from_node: 'hv-a1', to_node: 'hv-c3', reporter: 'hv-a1' },
      },
    ],
    [
      'pve-ha-crm',
      "service 'ct:2001': state changed from 'started' to 'error'",
      { type: 'ha.service.error', facts: { sid: 'ct:2001', to: 'error' } },
    ],
    [
      'pve-ha-crm',
      "node 'hv-b2': state changed from 'online' => 'unknown'",
      { type: 'ha.node.state.changed', severity: 'error', node: 'hv-b2' },
    ],
    [
      'watchdog-mux',
      'client watchdog is about to expire',
      { type: 'node.watchdog.expiring', severity: 'error' },
    ],
    [
      'kernel',
      '[1.5] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=ns,mems_allowed=0,oom_memcg=/lxc/2001,task_memcg=/lxc/2001/ns/system.slice,task=java,pid=77,uid=100000',
      {
        type: 'guest.oom.process_killed',
        severity: 'warning',
        guest: { kind: 'lxc', vmid: 2001 },
        facts: { pid: 77, process: 'java', global_oom: false },
      },
    ],
    [
      'kernel',
      'Buffer I/O error on dev dm-3, logical block 12, async page read',
      { type: 'disk.io.error', facts: { device: 'dm-3', block: 12 } },
    ],
    ['kernel', 'nfs: server 198.51.100.60 OK', { type: 'storage.nfs.recovered', severity: 'notice' }],
    [
      'pvestatd',
      "vault-main: error fetching datastores - 500 Can't connect to 198.51.100.40:8007 (Connection refused)",
      {
        type: 'storage.state.unavailable',
        storage: 'vault-main',
        facts: { error: "500 Can't connect to 198.51.100.40:8007 (Connection refused)" },
      },
    ],
    [
      'pvestatd',
      "unable to activate storage 'nfs-iso' - directory is expected to be a mount point but is not mounted: '/mnt/pve/nfs-iso'",
      { type: 'storage.state.unavailable', storage: 'nfs-iso' },
    ],
    [
      'smartd',
      'Device: /dev/nvme0, Critical Warning (0x04): Reliability',
      {
        type: 'disk.smart.failed',
        severity: 'critical',
        facts: { fail_type: 'Health', device: '/dev/nvme0' },
      },
    ],
    [
      'zed',
      "eid=7 class=checksum pool='tank' vdev=sda1 size=4096 err=52",
      { type: 'zfs.vdev.checksum_error', severity: 'warning', facts: { eid: 7, err: 52, pool: 'tank' } },
    ],
    [
      'sshd',
      'Failed password for root from 10.0.0.1 port 1 ssh2 from 203.0.113.9 port 50022 ssh2',
      { type: 'auth.ssh.failed', facts: { rhost: '203.0.113.9', invalid_user: false } },
    ],
    [
      'sshd-session',
      'Accepted publickey for root from 192.0.2.9 port 40000 ssh2: ED25519 SHA256:abc',
      { type: 'auth.ssh.succeeded', facts: { user: 'root', method: 'publickey', rport: 40000 } },
    ],
    [
      'systemd',
      'pve-container@205.service: A process of this unit has been killed by the OOM killer.',
      { type: 'guest.oom.process_killed', guest: { kind: 'lxc', vmid: 205 } },
    ],
    [
      'kernel',
      'Out of memory: Killed process 812 (rsyncd) total-vm:1kB, anon-rss:20kB, file-rss:1kB',
      {
        type: 'node.oom.process_killed',
        severity: 'warning',
        facts: { process: 'rsyncd', pid: 812, global_oom: true },
      },
    ],
    [
      'zed',
      "eid=9 class=statechange pool='tank' vdev=sda1 vdev_state=ONLINE",
      { type: 'zfs.vdev.online', severity: 'info', facts: { pool: 'tank', vdev: 'sda1' } },
    ],
    [
      'pve-ha-lrm',
      "lost lock 'ha_agent_hv-a1_lock - cfs lock update failed - Permission denied",
      { type: 'ha.lock.lost', severity: 'warning', node: 'hv-a1' },
    ],
    [
      'pvescheduler',
      "INFO: starting new backup job: vzdump 101 104 --quiet 1 --mode snapshot --notes-template '{{guestname}}' --storage nas-backup --prune-backups 'keep-last=3'",
      { type: 'backup.job.started', storage: 'nas-backup' },
    ],
    [
      'pvescheduler',
      "<root@pam> end task UPID:hv-a1:0000B2C3:01AA0000:69B51904:vzdump::root@pam: could not activate storage 'nas-backup': storage 'nas-backup' is not online",
      { type: 'backup.job.failed', storage: 'nas-backup' },
    ],
  ])('reads a line of %s: %s', (tag, message, expected) => {
    expect(read(tag, message)).toMatchObject({ draft: expected });
  });

  it.each<[string, object]>([
    [
      'starting new backup on datastore \'cold\': "ns/a/ns/b/ct/2001/2026-03-14T01:00:04Z"',
      {
        type: 'backup.snapshot.started',
        storage: 'cold',
        facts: { namespace: 'a/b', group: 'ct/2001', datastore: 'cold' },
      },
    ],
    [
      'GET /api2/json/x: 400 Bad Request: [client [::ffff:192.0.2.9]:5000] permission check failed.',
      {
        type: 'api.request.failed',
        cluster: 'vault1',
        facts: { method: 'GET', http_status: 400, client: '192.0.2.9', message: 'permission check failed.' },
      },
    ],
  ])('reads a line of PBS: %s', (message, expected) => {
    expect(read('proxmox-backup-proxy', message, {}, vault)).toMatchObject({ draft: expected });
  });

  it('joins the two lines of a kill for memory', () => {
    const message =
      'oom-kill:constraint=CONSTRAINT_NONE,global_oom,task_memcg=/qemu.slice/104.scope,task=kvm,pid=9,uid=0';
    const next = 'Out of memory: Killed process 9 (kvm) total-vm:1kB, anon-rss:20kB, file-rss:1kB';
    expect(read('kernel', message, { next })).toMatchObject({
      draft: { type: 'guest.oom.killed', facts: { anon_rss_kb: 20, global_oom: true } },
    });
  });

  it('takes the error of a worker for what it is, by its level', () => {
    expect(read('pvedaemon', 'unable to do it', { level: 3, pid: 5 })).toMatchObject({
      draft: { type: 'task.error.logged', facts: { error: 'unable to do it', worker_pid: 5 } },
    });
    expect(read('pvedaemon', 'unable to do it', { level: 6 })).toEqual({ ignore: 'unmapped' });
  });

  it.each([
    ['myapp', `<root@pam> end task ${UPID} OK`, 'untrusted-tag'],
    ['pvedaemon', `<eve@pve> end task ${UPID} OK`, 'upid-contradiction'],
    ['pvedaemon', `start VM 999: ${UPID}`, 'upid-contradiction'],
    ['pvedaemon', `<root@pam> starting task ${UPID.replace('hv-a1', 'hv-b2')}`, 'upid-contradiction'],
    ['pvedaemon', '<root@pam> starting task UPID:../../etc:', 'bad-upid'],
  ])('refuses a task line of %s that lies: %s', (tag, message, reject) => {
    expect(read(tag, message)).toEqual({ reject });
  });

  it('does not believe a kernel line that the kernel did not write', () => {
    expect(read('kernel', 'nfs: server a OK', { facility: 1, level: 6 })).toEqual({
      reject: 'untrusted-tag',
    });
  });

  it.each([
    ['pvedaemon', 'worker 12 finished'],
    ['corosync', '  [TOTEM ] Retransmit List: 1 2'],
    ['smartd', 'Device: /dev/sdb [SAT], SMART Usage Attribute: 194 Temperature changed from 60 to 61'],
    ['zed', "eid=1 class=history_event pool='tank'"],
    ['postfix/qmgr', '12345: removed'],
  ])('drops the noise of %s: %s', (tag, message) => {
    expect(read(tag, message)).toHaveProperty('ignore', 'noise');
  });

  it('answers any text of any program, and never throws', () => {
    const tags = fc.constantFrom(
      'pvedaemon',
      'kernel',
      'corosync',
      'zed',
      'sshd',
      'smartd',
      'proxmox-backup-proxy',
      'x',
    );
    const word = fc.constantFrom(
      'UPID:',
      '<root@pam> end task ',
      'oom-kill:constraint=',
      ',task=kvm,pid=1',
      'authentication failure; rhost=',
      ' user=',
      ' msg=',
      'Failed password for ',
      ' from ',
      'eid=',
      "class='",
      ' ',
      '\n',
    );
    const text = fc.array(fc.oneof(word, fc.string()), { maxLength: 40 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(tags, text, (tag, message) => {
        const outcome = read(tag, message, { facility: 0, level: 3 });
        return 'draft' in outcome || 'ignore' in outcome || 'reject' in outcome;
      }),
      { numRuns: 500 },
    );
  });

  it('reads the longest hostile line, whatever it repeats', () => {
    // A pattern that backtracks would run into the time limit of the test.
    for (const unit of [
      ' ',
      'a',
      ' from ',
      ' msg=',
      "x='",
      '[',
      'UPID:',
      'I/O error, dev ',
      '<root@pam> end task ',
    ]) {
      for (const tag of [
        'pvedaemon',
        'kernel',
        'corosync',
        'zed',
        'sshd',
        'smartd',
        'proxmox-backup-proxy',
      ]) {
        const message = unit.repeat(Math.ceil(65_536 / unit.length));
        expect(read(tag, message, { facility: 0, level: 3 })).toBeDefined();
        read(tag, `authentication failure; rhost= user=${message}`, { facility: 0 });
        read(tag, `Failed password for ${message}`, { facility: 0 });
      }
    }
  });
});
