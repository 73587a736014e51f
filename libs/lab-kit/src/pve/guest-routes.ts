import {
  destroyGuest,
  rebootGuest,
  resetGuest,
  resumeGuest,
  shutdownGuest,
  startGuest,
  stopGuest,
  suspendGuest,
} from '../world/guest-tasks.ts';
import { deleteSnapshot, rollbackSnapshot, snapshotGuest } from '../world/guest-snapshot.ts';
import type { LabGuest } from '../world/pve-model.ts';
import type { LabTask } from '../world/tasks.ts';
import { ApiError } from './api-error.ts';
import type { Call, Handler, Routes } from './call.ts';
import { diskTotal, guestConfig, guestCurrent, guestStatus } from './views.ts';
import { applyConfig, by, create, label, migrate, requireConfigurable, type Kind } from './guest-write.ts';

function list(kind: Kind): Handler {
  return (call) =>
    call.site
      .guestsOf(call.node().name)
      .filter((g) => g.kind === kind && call.has(`/vms/${g.vmid}`, 'VM.Audit'))
      .map((g) => guestStatus(call.site, g, call.flag('full')));
}

function snapshots(kind: Kind): Handler {
  return (call) => {
    const guest = call.guest(kind);
    const parent = guest.snapshots.at(-1)?.name;
    return [
      ...guest.snapshots.map((s) => ({
        name: s.name,
        snaptime: s.takenAt,
        description: s.description,
        ...(kind === 'qemu' ? { vmstate: s.vmstate ? 1 : 0 } : {}),
        ...(s.parent === undefined ? {} : { parent: s.parent }),
      })),
      {
        name: 'current',
        description: 'You are here!',
        digest: guestConfig(guest)['digest'],
        running: guest.status === 'running' ? 1 : 0,
        ...(parent === undefined ? {} : { parent }),
      },
    ];
  };
}

/** An action that makes a task: quorum first, then the task. */
function action(kind: Kind, run: (call: Call, guest: LabGuest) => LabTask): Handler {
  return (call) => {
    const guest = call.guest(kind);
    call.requireQuorum();
    return run(call, guest).upid;
  };
}

function lifecycle(kind: Kind): Routes {
  const base = `/nodes/{node}/${kind}/{vmid}/status`;
  return {
    [`POST ${base}/start`]: (call) => {
      const guest = call.guest(kind);
      call.requireQuorum();
      // A container is looked at before the task is made, a VM only within it.
      if (kind === 'lxc' && guest.status === 'running')
        throw new ApiError(500, `CT ${guest.vmid} already running`);
      return startGuest(call.site, guest.vmid, by(call)).upid;
    },
    [`POST ${base}/stop`]: action(kind, (call, g) => stopGuest(call.site, g.vmid, by(call))),
    [`POST ${base}/shutdown`]: action(kind, (call, g) => {
      const timeoutSeconds = call.int('timeout');
      return shutdownGuest(call.site, g.vmid, by(call), {
        forceStop: call.flag('forceStop'),
        ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
      });
    }),
    [`POST ${base}/reboot`]: action(kind, (call, g) => rebootGuest(call.site, g.vmid, by(call))),
    [`POST ${base}/suspend`]: action(kind, (call, g) => suspendGuest(call.site, g.vmid, by(call))),
    [`POST ${base}/resume`]: action(kind, (call, g) => resumeGuest(call.site, g.vmid, by(call))),
    [`GET ${base}/current`]: (call) => guestCurrent(call.site, call.guest(kind)),
  };
}

function forKind(kind: Kind): Routes {
  const base = `/nodes/{node}/${kind}/{vmid}`;
  return {
    ...lifecycle(kind),
    [`GET /nodes/{node}/${kind}`]: list(kind),
    [`POST /nodes/{node}/${kind}`]: create(kind),
    [`GET ${base}/config`]: (call) => guestConfig(call.guest(kind)),
    [`PUT ${base}/config`]: (call) => {
      const guest = call.guest(kind);
      requireConfigurable(call);
      applyConfig(call, guest);
      return null;
    },
    [`GET ${base}/pending`]: (call) =>
      Object.entries(guestConfig(call.guest(kind))).map(([key, value]) => ({ key, value })),
    [`GET ${base}/snapshot`]: snapshots(kind),
    [`POST ${base}/snapshot`]: action(kind, (call, g) => {
      const description = call.text('description');
      return snapshotGuest(call.site, g.vmid, by(call), {
        name: call.text('snapname') ?? '',
        vmstate: call.flag('vmstate'),
        ...(description === undefined ? {} : { description }),
      });
    }),
    [`DELETE ${base}/snapshot/{snapname}`]: action(kind, (call, g) =>
      deleteSnapshot(call.site, g.vmid, by(call), call.text('snapname') ?? ''),
    ),
    [`POST ${base}/snapshot/{snapname}/rollback`]: action(kind, (call, g) =>
      rollbackSnapshot(call.site, g.vmid, by(call), call.text('snapname') ?? ''),
    ),
    [`POST ${base}/migrate`]: migrate(kind),
    [`DELETE ${base}`]: (call) => {
      const guest = call.guest(kind);
      if (guest.status === 'running')
        throw new ApiError(500, `${label(kind)} ${guest.vmid} is running - destroy failed`);
      return destroyGuest(call.site, guest.vmid, by(call), { purge: call.flag('purge') }).upid;
    },
    [`GET ${base}/firewall/options`]: (call) => {
      call.guest(kind);
      return { digest: 'da39a3ee5e6b4b0d3255bfef95601890afd80709' };
    },
    [`GET ${base}/feature`]: (call) => {
      const guest = call.guest(kind);
      return kind === 'qemu' ? { hasFeature: 1, nodes: [guest.node] } : { hasFeature: 1 };
    },
  };
}

const agentOf: Handler = (call) => {
  const guest = call.guest('qemu');
  if (!guest.agent) throw new ApiError(500, 'No QEMU guest agent configured');
  if (guest.status !== 'running') throw new ApiError(500, `VM ${guest.vmid} is not running`);
  return undefined;
};

/** Virtual machines and containers. */
export const guestRoutes: Routes = {
  ...forKind('qemu'),
  ...forKind('lxc'),
  'POST /nodes/{node}/qemu/{vmid}/status/reset': action('qemu', (call, g) =>
    resetGuest(call.site, g.vmid, by(call)),
  ),
  'POST /nodes/{node}/qemu/{vmid}/config': (call) => {
    const guest = call.guest('qemu');
    requireConfigurable(call);
    return call.site.startTask(
      { node: guest.node, type: 'qmconfig', id: String(guest.vmid), user: call.authid },
      function* () {
        yield 100;
        applyConfig(call, guest);
      },
    ).upid;
  },
  'GET /nodes/{node}/qemu/{vmid}/migrate': (call) => {
    const guest = call.guest('qemu');
    const others = [...call.site.nodes.keys()].filter((n) => n !== guest.node && call.site.isOnline(n));
    return {
      running: guest.status === 'running' ? 1 : 0,
      allowed_nodes: others,
      not_allowed_nodes: {},
      'has-dbus-vmstate': 1,
      local_resources: [],
      'mapped-resources': [],
      'mapped-resource-info': {},
      local_disks: guest.disks.map((d) => ({
        volid: d.volid,
        drivename: d.key,
        size: diskTotal(guest),
        cdrom: 0,
        shared: 0,
        replicate: 1,
        is_attached: 1,
        is_cloudinit: 0,
        is_tpmstate: 0,
        is_unused: 0,
        is_vmstate: 0,
      })),
    };
  },
  'GET /nodes/{node}/lxc/{vmid}/migrate': (call) => {
    const guest = call.guest('lxc');
    const others = [...call.site.nodes.keys()].filter((n) => n !== guest.node && call.site.isOnline(n));
    return { running: guest.status === 'running' ? 1 : 0, 'allowed-nodes': others, 'not-allowed-nodes': {} };
  },
  'GET /nodes/{node}/qemu/{vmid}/agent/info': (call) => {
    agentOf(call);
    return { result: { version: '9.2.0', supported_commands: [] } };
  },
  'GET /nodes/{node}/qemu/{vmid}/agent/get-osinfo': (call) => {
    agentOf(call);
    return {
      result: {
        id: 'debian',
        name: 'Debian GNU/Linux',
        'pretty-name': 'Debian GNU/Linux 13 (trixie)',
        version: '13 (trixie)',
        'kernel-release': '6.12.57-amd64',
      },
    };
  },
  'POST /nodes/{node}/qemu/{vmid}/agent/ping': (call) => {
    agentOf(call);
    return { result: {} };
  },
  'GET /nodes/{node}/lxc/{vmid}/interfaces': (call) => {
    const guest = call.guest('lxc');
    if (guest.status !== 'running') throw new ApiError(500, `CT ${guest.vmid} not running`);
    return [
      {
        name: 'lo',
        hwaddr: '00:00:00:00:00:00',
        'hardware-address': '00:00:00:00:00:00',
        'ip-addresses': [],
      },
    ];
  },
  'GET /nodes/{node}/qemu/{vmid}/cloudinit': (call) => {
    call.guest('qemu');
    return [];
  },
  'GET /nodes/{node}/qemu/{vmid}/firewall': (call) => {
    call.guest('qemu');
    return ['rules', 'aliases', 'ipset', 'refs', 'options'].map((name) => ({ name }));
  },
};
