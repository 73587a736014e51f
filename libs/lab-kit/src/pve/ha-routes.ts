import { ApiError } from './api-error.ts';
import type { Call, Routes } from './call.ts';
import { digestOf } from './views.ts';

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

/** High availability. */
export const haRoutes: Routes = {
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
};
