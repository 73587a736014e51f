import { ApiError, parameterError } from './api-error.ts';
import type { Call, Routes } from './call.ts';
import {
  digestOf,
  guestLoad,
  guestResource,
  isFresh,
  nodeResource,
  nodesOf,
  storageResource,
} from './views.ts';

function resources(call: Call): unknown {
  const { site } = call;
  const type = call.text('type');
  const rows: Record<string, unknown>[] = [];
  const wants = (...kinds: string[]) => type === undefined || kinds.includes(type);
  const guests = [...site.guests.values()]
    .filter((g) => call.has(`/vms/${g.vmid}`, 'VM.Audit'))
    .sort((a, b) => a.vmid - b.vmid);
  if (type === undefined) {
    for (const pool of site.pools.keys()) {
      if (call.has(`/pool/${pool}`, 'Pool.Audit')) rows.push(poolResource(call, pool));
    }
  }
  if (wants('vm')) {
    for (const guest of guests) {
      const row = guestResource(site, guest);
      if (!call.has(`/pool/${guest.pool ?? ''}`, 'Pool.Audit')) delete row['pool'];
      rows.push(row);
    }
  }
  if (wants('node')) {
    for (const node of site.nodes.values()) {
      const row = nodeResource(site, node, call.has(`/nodes/${node.name}`, 'Sys.Audit'));
      if (isFresh(site, node.name)) row['cgroup-mode'] = 2;
      rows.push(row);
    }
  }
  if (wants('storage')) {
    for (const storage of site.storages.values()) {
      const allowed =
        call.has(`/storage/${storage.id}`, 'Datastore.Audit') ||
        call.has(`/storage/${storage.id}`, 'Datastore.AllocateSpace');
      if (!allowed || storage.disabled) continue;
      for (const node of nodesOf(site, storage)) rows.push(storageResource(site, storage, node));
    }
  }
  if (wants('sdn')) {
    for (const node of site.nodes.values()) {
      if (!site.isOnline(node.name) || !call.has('/sdn/zones/localnetwork', 'SDN.Audit')) continue;
      rows.push({
        id: `network/${node.name}/zone/localnetwork`,
        type: 'network',
        node: node.name,
        network: 'localnetwork',
        'network-type': 'zone',
        status: 'ok',
      });
    }
  }
  return rows;
}

/** A pool's row sums up its running guests, and has no figures without any. */
function poolResource(call: Call, pool: string): Record<string, unknown> {
  const row = { id: `/pool/${pool}`, type: 'pool', pool };
  const running = [...call.site.guests.values()].filter((g) => g.pool === pool && g.status === 'running');
  if (running.length === 0) return row;
  const loads = running.map((g) => guestLoad(call.site, g));
  const cores = running.reduce((sum, g) => sum + g.cores, 0);
  return {
    ...row,
    uptime: Math.max(...loads.map((l) => l.uptime)),
    mem: loads.reduce((sum, l) => sum + l.mem, 0),
    maxmem: running.reduce((sum, g) => sum + g.memBytes, 0),
    maxcpu: cores,
    cpu: running.reduce((sum, g, i) => sum + (loads[i]?.cpu ?? 0) * g.cores, 0) / cores,
  };
}

function status(call: Call): unknown {
  const { site } = call;
  const nodes = [...site.nodes.values()].map((n) => ({
    type: 'node',
    id: `node/${n.name}`,
    name: n.name,
    nodeid: n.nodeid,
    ip: n.ip,
    online: site.isOnline(n.name) ? 1 : 0,
    local: n.name === call.local.name ? 1 : 0,
    level: '',
  }));
  if (site.clusterName === undefined) return nodes;
  return [
    {
      type: 'cluster',
      id: 'cluster',
      name: site.clusterName,
      nodes: nodes.length,
      quorate: site.isQuorate() ? 1 : 0,
      version: nodes.length,
    },
    ...nodes,
  ];
}

function log(call: Call): unknown {
  const all = call.has('/', 'Sys.Syslog');
  return call.site.clusterLog
    .filter((l) => all || l.user === call.authid)
    .slice(0, call.int('max') ?? 50)
    .map(({ uid, at, ...line }) => ({ ...line, uid: String(uid), id: `${uid}:${line.node}`, time: at }));
}

function nextId(call: Call): unknown {
  const wanted = call.int('vmid');
  if (wanted !== undefined) {
    if (call.site.guests.has(wanted)) throw parameterError({ vmid: `VM ${wanted} already exists` });
    return String(wanted);
  }
  for (let vmid = 100; ; vmid++) if (!call.site.guests.has(vmid)) return String(vmid);
}

const haDate = (ms: number) => {
  const d = new Date(ms).toUTCString(); // "Sun, 22 Nov 2026 08:12:50 GMT"
  return `${d.slice(0, 3)} ${d.slice(8, 11)} ${d.slice(5, 7)} ${d.slice(17, 25)} ${d.slice(12, 16)}`;
};

function haCurrent(call: Call): unknown {
  const { site, local } = call;
  const rows: Record<string, unknown>[] = [
    {
      id: 'quorum',
      type: 'quorum',
      node: local.name,
      status: site.isQuorate() ? 'OK' : `No quorum on node '${local.name}'!`,
      quorate: site.isQuorate() ? 1 : 0,
    },
  ];
  if (site.haMaster === undefined) {
    rows.push({
      id: 'fencing',
      type: 'fencing',
      node: local.name,
      status: 'standby (CRM watchdog standby)',
      'armed-state': 'standby',
    });
    return rows;
  }
  rows.push(
    {
      id: 'master',
      type: 'master',
      node: site.haMaster,
      status: `${site.haMaster} (active, ${haDate(site.now())})`,
      timestamp: site.seconds(),
    },
    {
      id: 'fencing',
      type: 'fencing',
      node: site.haMaster,
      status: 'armed (CRM watchdog active)',
      'armed-state': 'armed',
    },
  );
  for (const node of site.nodes.values()) {
    const has = [...site.ha.values()].some((s) => s.node === node.name);
    const at = node.diedAt ?? site.now();
    const state = node.diedAt === undefined ? (has ? 'active' : 'idle') : 'old timestamp - dead?';
    rows.push({
      id: `lrm:${node.name}`,
      type: 'lrm',
      node: node.name,
      status: `${node.name} (${state}, ${haDate(at)})`,
      timestamp: Math.floor(at / 1000),
    });
  }
  for (const s of site.ha.values()) {
    rows.push({
      id: `service:${s.sid}`,
      type: 'service',
      sid: s.sid,
      node: s.node,
      state: s.state,
      crm_state: s.state,
      request_state: s.requestState,
      status: `${s.node} (${s.state})`,
      max_restart: s.maxRestart,
      max_relocate: s.maxRelocate,
      failback: 1,
    });
  }
  return rows;
}

function haManagerStatus(call: Call): unknown {
  const { site } = call;
  const quorum = { node: call.local.name, quorate: site.isQuorate() ? '1' : '0' };
  if (site.haMaster === undefined) return { manager_status: { node_status: {} }, quorum };
  return {
    quorum,
    manager_status: {
      master_node: site.haMaster,
      timestamp: site.seconds(),
      node_status: Object.fromEntries(
        [...site.nodes.values()].map((n) => [n.name, site.isOnline(n.name) ? 'online' : 'unknown']),
      ),
      service_status: Object.fromEntries(
        [...site.ha.values()].map((s) => [
          s.sid,
          { node: s.node, state: s.state, uid: digestOf(s.sid).slice(0, 22) },
        ]),
      ),
    },
    lrm_status: Object.fromEntries(
      [...site.nodes.values()].map((n) => [
        n.name,
        {
          mode: 'active',
          state: 'active',
          timestamp: Math.floor((n.diedAt ?? site.now()) / 1000),
          results: {},
        },
      ]),
    ),
  };
}

/** Next time of day of `HH:MM`, or a day from now for anything more elaborate. */
function nextRun(schedule: string, nowSeconds: number): number {
  const match = /(\d{1,2}):(\d{2})$/.exec(schedule);
  if (match === null) return nowSeconds + 86_400;
  const midnight = nowSeconds - (nowSeconds % 86_400);
  const at = midnight + Number(match[1]) * 3_600 + Number(match[2]) * 60;
  return at > nowSeconds ? at : at + 86_400;
}

function pruneObject(prune: string): Record<string, string> {
  return Object.fromEntries(prune.split(',').map((p) => [p.split('=')[0] ?? '', p.split('=')[1] ?? '']));
}

function backupJobs(call: Call): Record<string, unknown>[] {
  return [...call.site.backupJobs.values()].map((job) => ({
    id: job.id,
    type: 'vzdump',
    schedule: job.schedule,
    enabled: job.enabled ? 1 : 0,
    storage: job.storage,
    mode: job.mode,
    compress: 'zstd',
    'notification-mode': 'notification-system',
    ...(job.vmids === undefined ? {} : { vmid: job.vmids.join(',') }),
    ...(job.all === true ? { all: 1 } : {}),
    ...(job.pool === undefined ? {} : { pool: job.pool }),
    ...(job.prune === undefined ? {} : { 'prune-backups': pruneObject(job.prune) }),
    ...(job.comment === undefined ? {} : { comment: job.comment }),
    ...(job.notesTemplate === undefined ? {} : { 'notes-template': job.notesTemplate }),
    ...(job.enabled ? { 'next-run': nextRun(job.schedule, call.site.seconds()) } : {}),
  }));
}

function notBackedUp(call: Call): unknown {
  const jobs = [...call.site.backupJobs.values()].filter((j) => j.enabled);
  const covered = (vmid: number, pool: string | undefined) =>
    jobs.some(
      (j) => j.all === true || j.vmids?.includes(vmid) === true || (j.pool !== undefined && j.pool === pool),
    );
  return [...call.site.guests.values()]
    .filter((g) => !covered(g.vmid, g.pool))
    .map((g) => ({ vmid: g.vmid, type: g.kind, name: g.name }));
}

const needCluster = (call: Call) => {
  if (call.site.clusterName === undefined)
    throw new ApiError(424, 'node is not in a cluster, no join info available!');
};

const corosyncNode = (name: string, nodeid: number, ip: string) => ({
  name,
  nodeid: String(nodeid),
  quorum_votes: '1',
  ring0_addr: ip,
});

const totem = (call: Call) => ({
  cluster_name: call.site.clusterName,
  config_version: String(call.site.nodes.size),
  interface: { '0': { linknumber: '0' } },
  ip_version: 'ipv4-6',
  link_mode: 'passive',
  secauth: 'on',
  token_coefficient: '125',
  version: '2',
});

export const clusterRoutes: Routes = {
  'GET /version': () => ({ version: '9.2.11', release: '9.2', repoid: '14a22df35955d97d' }),
  'GET /cluster/resources': resources,
  'GET /cluster/status': status,
  'GET /cluster/log': log,
  'GET /cluster/nextid': nextId,
  'GET /cluster/options': (call) => ({
    'allowed-tags': call.has('/', 'Sys.Audit')
      ? [...new Set([...call.site.guests.values()].flatMap((g) => g.tags))].sort()
      : [],
    ...(call.has('/', 'Sys.Audit')
      ? { max_workers: '4', mac_prefix: 'BC:24:11', description: 'Pretend lab\n' }
      : {}),
  }),
  'GET /cluster/backup': backupJobs,
  'GET /cluster/backup/{id}': (call) => {
    const found = backupJobs(call).find((j) => j['id'] === call.text('id'));
    if (found === undefined) throw parameterError({ id: 'No such job' });
    return found;
  },
  'GET /cluster/backup-info/not-backed-up': notBackedUp,
  'GET /cluster/replication': (call) =>
    [...call.site.replication.values()]
      .filter((r) => call.has(`/vms/${r.guest}`, 'VM.Audit'))
      .map((r) => ({
        id: r.id,
        type: 'local',
        guest: r.guest,
        jobnum: Number(r.id.split('-')[1]),
        target: r.target,
        source: call.site.guests.get(r.guest)?.node,
        schedule: r.schedule,
        ...(r.comment === undefined ? {} : { comment: r.comment }),
      })),
  'GET /cluster/ha/resources': (call) =>
    [...call.site.ha.values()].map((s) => ({
      sid: s.sid,
      type: s.sid.split(':')[0],
      state: s.requestState,
      max_restart: s.maxRestart,
      max_relocate: s.maxRelocate,
      failback: 1,
      digest: digestOf([...call.site.ha.keys()]),
    })),
  'GET /cluster/ha/groups': () => {
    throw new ApiError(500, 'cannot index groups: ha groups have been migrated to rules');
  },
  'GET /cluster/ha/status/current': haCurrent,
  'GET /cluster/ha/status/manager_status': haManagerStatus,
  'GET /cluster/config/nodes': (call) =>
    call.site.clusterName === undefined
      ? []
      : [...call.site.nodes.values()].map((n) => ({ node: n.name, ...corosyncNode(n.name, n.nodeid, n.ip) })),
  'GET /cluster/config/totem': (call) => (call.site.clusterName === undefined ? null : totem(call)),
  'GET /cluster/config/join': (call) => {
    needCluster(call);
    return {
      preferred_node: call.local.name,
      config_digest: digestOf([...call.site.nodes.keys()]),
      nodelist: [...call.site.nodes.values()].map((n) => ({
        ...corosyncNode(n.name, n.nodeid, n.ip),
        pve_addr: n.ip,
        pve_fp: n.fingerprint,
      })),
      totem: totem(call),
    };
  },
  'GET /cluster/ceph/status': () => {
    throw new ApiError(500, 'binary not installed: /usr/bin/ceph-mon');
  },
  'GET /cluster/ceph/metadata': () => {
    throw new ApiError(500, 'binary not installed: /usr/bin/ceph-mon');
  },
  'GET /pools': (call) => {
    const visible = [...call.site.pools].filter(([id]) => call.has(`/pool/${id}`, 'Pool.Audit'));
    const wanted = call.text('poolid');
    if (wanted === undefined) return visible.map(([poolid, p]) => ({ poolid, ...p }));
    return visible
      .filter(([id]) => id === wanted)
      .map(([poolid, p]) => ({ poolid, ...p, members: poolMembers(call, poolid) }));
  },
  'GET /pools/{poolid}': (call) => {
    const poolid = call.text('poolid') ?? '';
    const pool = call.site.pools.get(poolid);
    if (pool === undefined) throw new ApiError(500, `pool '${poolid}' does not exist`);
    return { poolid, ...pool, members: poolMembers(call, poolid) };
  },
  'GET /cluster/metrics/export': (call) => ({
    data: [...call.site.nodes.values()].map((n) => ({
      id: `node/${n.name}`,
      metric: 'uptime',
      timestamp: call.site.seconds(),
      type: 'gauge',
      value: call.site.seconds() - n.bootedAt,
    })),
  }),
  'GET /cluster/firewall/options': () => ({ digest: 'da39a3ee5e6b4b0d3255bfef95601890afd80709' }),
};

function poolMembers(call: Call, poolid: string): unknown[] {
  return [...call.site.guests.values()]
    .filter((g) => g.pool === poolid && call.has(`/vms/${g.vmid}`, 'VM.Audit'))
    .map((g) => {
      const { pool: _, tags: __, ...row } = guestResource(call.site, g);
      return row;
    });
}
