import type { LabLife } from './lab-life.ts';
import type { Week } from '../testing/open-week.ts';

const DISK = { devpath: '/dev/sda', model: 'DISK 1', serial: 'S1', type: 'ssd', wearLeft: 90 };
const MINUTE = 60;

/** What goes wrong in the week, and is mended: each is one incident, one opening and one end. */
export interface Planted {
  readonly condition: string;
  /** Words of the opening's title. */
  readonly title: RegExp;
}

/** The twelve, in the order they open. */
export const PLANTED: readonly Planted[] = [
  { condition: 'guest.state.stopped', title: /guest101/ },
  { condition: 'backup.job.failed', title: /104/ },
  { condition: 'storage.usage.high', title: /tank/ },
  { condition: 'node.service.failed', title: /pvestatd/ },
  { condition: 'node.state.offline', title: /pve3/ },
  { condition: 'cluster.quorum.lost', title: /quorum/ },
  { condition: 'guest.migrate.failed', title: /112/ },
  { condition: 'disk.smart.failed', title: /sda/ },
  { condition: 'storage.state.unavailable', title: /nas/ },
  { condition: 'guest.state.stopped', title: /guest110/ },
  { condition: 'ha.service.error', title: /vm:121/ },
  { condition: 'guest.start.failed', title: /121/ },
];

/** What the night's backup of a day stumbles over. The next one goes well. */
export function failingNight(day: number): ReadonlyMap<number, string> | undefined {
  return day === 1 ? new Map([[104, 'vma_queue_write: write error - Broken pipe']]) : undefined;
}

/** Makes what each afternoon brings. */
export function plantFaults(week: Week, life: LabLife): (day: number) => Promise<void> {
  const { pve, storages } = week;
  const fill = (storage: string, node: string, percent: number, change = {}) =>
    storages.set(`${node}/${storage}`, {
      type: 'storage',
      storage,
      node,
      status: 'available',
      plugintype: 'zfspool',
      shared: false,
      content: ['images'],
      disk: percent * 1e9,
      maxdisk: 100e9,
      ...change,
    });
  const nas = (status: 'available' | 'unknown') => {
    for (const node of pve.nodes.keys())
      fill('nas', node, 40, { status, plugintype: 'nfs', shared: true, content: ['backup'] });
  };
  const guest = (vmid: number, status: 'running' | 'stopped' | 'unknown') => {
    const known = pve.guests.get(vmid);
    if (known !== undefined) pve.guests.set(vmid, { ...known, status });
  };
  const crash = async (vmid: number, minutes: number) => {
    guest(vmid, 'stopped');
    await week.pass(minutes * MINUTE);
    const upid = pve.begin('qmstart', String(vmid), pve.guests.get(vmid)?.node);
    guest(vmid, 'running');
    await week.pass(5);
    pve.end(upid);
    await week.pass(10 * MINUTE);
  };
  const ha = (state: string) => [
    { type: 'quorum', node: 'pve1', quorate: true },
    { type: 'service', sid: 'vm:121', node: 'pve3', crmState: state },
  ];
  fill('tank', 'pve1', 50);
  nas('available');
  pve.answers.set('ha-status', ha('started'));
  pve.answers.set('disks pve1', [{ ...DISK, health: 'PASSED' }]);

  return async (day) => {
    switch (day) {
      case 0:
        return crash(101, 20);
      case 1:
        fill('tank', 'pve1', 92);
        await week.pass(120 * MINUTE);
        fill('tank', 'pve1', 50);
        return week.pass(20 * MINUTE);
      case 2:
        pve.answers.set('services pve2', [{ service: 'pvestatd', state: 'failed', activeState: 'failed' }]);
        await week.pass(30 * MINUTE);
        pve.answers.set('services pve2', [{ service: 'pvestatd', state: 'running', activeState: 'active' }]);
        return week.pass(15 * MINUTE);
      case 3: {
        const lost = [...pve.guests.values()].filter(
          ({ node, status }) => node === 'pve3' && status === 'running',
        );
        pve.nodes.set('pve3', 'offline');
        for (const { vmid } of lost) guest(vmid, 'unknown');
        await week.pass(20 * MINUTE);
        pve.nodes.set('pve3', 'online');
        for (const { vmid } of lost) guest(vmid, 'stopped');
        await week.pass(MINUTE);
        for (const { vmid } of lost) guest(vmid, 'running');
        return week.pass(15 * MINUTE);
      }
      case 4:
        pve.quorate = false;
        await week.pass(6 * MINUTE);
        pve.quorate = true;
        await week.pass(10 * MINUTE);
        await life.migrate(112, 'pve3', 'migration aborted');
        await week.pass(10 * MINUTE);
        return life.migrate(112, 'pve3');
      case 5:
        pve.answers.set('disks pve1', [{ ...DISK, health: 'FAILED!' }]);
        await week.pass(90 * MINUTE);
        pve.answers.set('disks pve1', [{ ...DISK, serial: 'S2', health: 'PASSED' }]);
        await week.pass(90 * MINUTE);
        nas('unknown');
        await week.pass(30 * MINUTE);
        nas('available');
        await week.pass(15 * MINUTE);
        return crash(110, 15);
      case 6: {
        pve.answers.set('ha-status', ha('error'));
        await week.pass(15 * MINUTE);
        pve.answers.set('ha-status', ha('started'));
        await week.pass(15 * MINUTE);
        const failed = pve.begin('qmstart', '121', 'pve3');
        await week.pass(5);
        pve.end(failed, 'start failed: org.freedesktop.systemd1.UnitExists');
        await week.pass(10 * MINUTE);
        const upid = pve.begin('qmstart', '121', 'pve3');
        await week.pass(5);
        pve.end(upid);
        return week.pass(10 * MINUTE);
      }
    }
  };
}
