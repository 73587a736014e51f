import { shutdownGuest, startGuest } from '../world/guest-tasks.ts';
import type { LabGuest } from '../world/pve-model.ts';
import type { Call, Handler, Routes } from './call.ts';

const label = (guest: LabGuest) => (guest.kind === 'qemu' ? 'VM' : 'CT');

/** The guests named by `vms`, or all of the node, or of the cluster. */
function chosen(call: Call, node: string | undefined): LabGuest[] {
  const wanted = call.list('vms').map(Number);
  return [...call.site.guests.values()]
    .filter((g) => !g.template && (node === undefined || g.node === node))
    .filter((g) => wanted.length === 0 || wanted.includes(g.vmid));
}

/** One task over many guests; each guest's own task is another one. */
function bulk(type: string, verb: 'start' | 'shutdown', scope: 'node' | 'cluster'): Handler {
  return (call) => {
    const node = scope === 'node' ? call.node().name : undefined;
    const guests = chosen(call, node);
    for (const guest of guests) call.require(`/vms/${guest.vmid}`, 'VM.PowerMgmt');
    const { site, authid: user } = call;
    return site.startTask({ node: node ?? call.local.name, type, id: '', user }, function* ({ log, warn }) {
      if (scope === 'cluster')
        log(
          `${verb === 'start' ? 'Starting' : 'Shutting down'} guests: ${guests.map((g) => g.vmid).join(', ')}`,
        );
      for (const guest of guests) {
        const isRunning = guest.status === 'running';
        if (isRunning === (verb === 'start')) {
          if (scope === 'cluster')
            warn(`Skipping ${label(guest)} ${guest.vmid}, ${isRunning ? 'already' : 'not'} running.`);
          continue;
        }
        if (scope === 'node')
          log(`${verb === 'start' ? 'Starting' : 'Stopping'} ${label(guest)} ${guest.vmid}`);
        const task = (verb === 'start' ? startGuest : shutdownGuest)(site, guest.vmid, { user });
        for (let waited = 0; task.status === undefined && waited < 180; waited++) yield 1_000;
      }
    }).upid;
  };
}

/** Many guests at once. */
export const bulkRoutes: Routes = {
  'POST /nodes/{node}/startall': bulk('startall', 'start', 'node'),
  'POST /nodes/{node}/stopall': bulk('stopall', 'shutdown', 'node'),
  'POST /cluster/bulk-action/guest/start': bulk('bulk-start', 'start', 'cluster'),
  'POST /cluster/bulk-action/guest/shutdown': bulk('bulk-shutdown', 'shutdown', 'cluster'),
};
