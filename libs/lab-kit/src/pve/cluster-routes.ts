import { ApiError, parameterError } from './api-error.ts';
import { cephStatus } from '../world/ceph.ts';
import type { Call, Handler, Routes } from './call.ts';
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

/** Ceph's own status; where it is not installed PVE says which of its programs it misses first. */
export const ceph: Handler = ({ site }) => {
  if (site.ceph === undefined) throw new ApiError(500, 'binary not installed: /usr/bin/ceph-mon');
  return cephStatus(site.ceph, site);
};

/** The cluster as a whole, pools, version. */
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
  'GET /cluster/ceph/status': ceph,
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
