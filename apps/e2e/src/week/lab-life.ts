import type { Week } from '../testing/open-week.ts';

/** What goes on in a lab where nothing is wrong: every part of it has woken somebody up somewhere. */
export interface LabLife {
  /** The nightly job of every node: guests are stopped for it, one after the other. @param failing guest → what vzdump says of it. */
  nightly(failing?: ReadonlyMap<number, string>): Promise<void>;
  /** A guest moves while it runs. @param status of the task. */
  migrate(vmid: number, to: string, status?: string): Promise<void>;
  /** Somebody shuts a guest down, and starts it again later. */
  stopForAWhile(vmid: number, seconds: number): Promise<void>;
  /** A clean reboot: guests are stopped, the node is away for some minutes, guests start again. */
  reboot(node: string): Promise<void>;
  /** Somebody rolls a guest back, which stops it for a moment. */
  rollback(vmid: number): Promise<void>;
  /** Somebody makes a guest, and destroys it. */
  createAndDestroy(vmid: number, node: string): Promise<void>;
}

/** Makes it of a week with 8 guests on each node: two in four are VMs, one a container, one is off. */
export function startLabLife(week: Week, nodes: readonly string[]): LabLife {
  const { pve } = week;
  for (const [index, node] of nodes.entries())
    for (let i = 0; i < 8; i++) {
      const vmid = 100 + index * 10 + i;
      pve.guest(vmid, node, {
        type: i % 4 === 2 ? 'lxc' : 'qemu',
        name: `guest${vmid}`,
        status: i % 4 === 3 ? 'stopped' : 'running',
        tags: i === 0 ? ['mcp-critical'] : [],
        ...(i === 1 ? { hastate: 'started' } : {}),
      });
    }
  const change = (vmid: number, patch: Partial<ReturnType<typeof guestOf>>) => {
    const { lock: _, ...rest } = guestOf(vmid);
    pve.guests.set(vmid, { ...rest, ...patch });
  };
  function guestOf(vmid: number) {
    const guest = pve.guests.get(vmid);
    if (guest === undefined) throw new Error(`no guest ${vmid} in the week`);
    return guest;
  }
  const word = (vmid: number, verb: string) => `${guestOf(vmid).type === 'lxc' ? 'vz' : 'qm'}${verb}`;
  const task = async (type: string, id: string, node: string, seconds: number, status = 'OK') => {
    const upid = pve.begin(type, id, node);
    await week.pass(seconds);
    pve.end(upid, status);
  };

  return {
    async nightly(failing = new Map()) {
      for (const node of nodes) {
        const upid = pve.begin('vzdump', '', node);
        const lines: string[] = ['INFO: starting new backup job: vzdump --all 1 --mode stop --storage nas'];
        pve.logs.set(upid, lines);
        const own = [...pve.guests.values()].filter((guest) => guest.node === node);
        for (const { vmid, type, status, name } of own) {
          lines.push(`INFO: Starting Backup of VM ${vmid} (${type})`, `INFO: VM Name: ${name}`);
          change(vmid, { status: 'stopped', lock: 'backup' });
          await week.pass(type === 'lxc' ? 90 : 20);
          change(vmid, { status, lock: 'backup' });
          await week.pass(30);
          change(vmid, { status });
          const fault = failing.get(vmid);
          lines.push(
            fault === undefined
              ? `INFO: Finished Backup of VM ${vmid} (00:00:50)`
              : `ERROR: Backup of VM ${vmid} failed - ${fault}`,
          );
        }
        const isWell = own.every(({ vmid }) => !failing.has(vmid));
        lines.push(
          isWell ? 'INFO: Backup job finished successfully' : 'INFO: Backup job finished with errors',
        );
        lines.push(isWell ? 'TASK OK' : 'TASK ERROR: job errors');
        pve.end(upid, isWell ? 'OK' : 'job errors');
        await week.pass(10);
      }
    },
    async migrate(vmid, to, status = 'OK') {
      const from = guestOf(vmid).node;
      const upid = pve.begin(word(vmid, 'migrate'), String(vmid), from);
      change(vmid, { lock: 'migrate' });
      await week.pass(40);
      change(vmid, status === 'OK' ? { node: to } : {});
      pve.end(upid, status);
      await week.pass(20);
    },
    async stopForAWhile(vmid, seconds) {
      const { node } = guestOf(vmid);
      const upid = pve.begin(word(vmid, 'shutdown'), String(vmid), node);
      await week.pass(15);
      change(vmid, { status: 'stopped' });
      await week.pass(5);
      pve.end(upid);
      await week.pass(seconds);
      const start = pve.begin(word(vmid, 'start'), String(vmid), node);
      change(vmid, { status: 'running' });
      await week.pass(3);
      pve.end(start);
    },
    async reboot(node) {
      const running = [...pve.guests.values()].filter(
        (guest) => guest.node === node && guest.status === 'running',
      );
      const stopall = pve.begin('stopall', '', node);
      for (const { vmid } of running) {
        const upid = pve.begin(word(vmid, 'shutdown'), String(vmid), node);
        await week.pass(8);
        change(vmid, { status: 'stopped' });
        pve.end(upid);
      }
      pve.end(stopall);
      await week.pass(12);
      pve.nodes.set(node, 'offline');
      for (const { vmid } of running) change(vmid, { status: 'unknown' });
      await week.pass(240);
      pve.nodes.set(node, 'online');
      for (const { vmid } of running) change(vmid, { status: 'stopped' });
      const startall = pve.begin('startall', '', node);
      for (const { vmid } of running) {
        const upid = pve.begin(word(vmid, 'start'), String(vmid), node);
        await week.pass(5);
        change(vmid, { status: 'running' });
        pve.end(upid);
      }
      pve.end(startall);
      await week.pass(60);
    },
    async rollback(vmid) {
      const { node } = guestOf(vmid);
      const upid = pve.begin(word(vmid, 'rollback'), String(vmid), node);
      change(vmid, { status: 'stopped', lock: 'rollback' });
      await week.pass(45);
      change(vmid, { status: 'running' });
      pve.end(upid);
      await week.pass(10);
    },
    async createAndDestroy(vmid, node) {
      await task('qmcreate', String(vmid), node, 10);
      pve.guest(vmid, node, { status: 'stopped' });
      await week.pass(60);
      const start = pve.begin('qmstart', String(vmid), node);
      change(vmid, { status: 'running' });
      await week.pass(600);
      pve.end(start);
      await task('qmstop', String(vmid), node, 5);
      change(vmid, { status: 'stopped' });
      await week.pass(30);
      const destroy = pve.begin('qmdestroy', String(vmid), node);
      pve.guests.delete(vmid);
      await week.pass(10);
      pve.end(destroy);
      await week.pass(60);
    },
  };
}
