import type { PveSite } from './pve-site.ts';
import { TaskFailure, type LabTask } from './tasks.ts';
import { type Actor, requireUnlocked, setStopped, typeOf, whileLocked } from './guest-tasks.ts';

/** Takes a snapshot; the guest is locked while it runs. */
export function snapshotGuest(
  site: PveSite,
  vmid: number,
  actor: Actor,
  options: { name: string; description?: string; vmstate?: boolean },
): LabTask {
  const guest = site.guest(vmid);
  return site.startTask(
    { node: guest.node, type: typeOf(guest, 'snapshot'), id: String(vmid), user: actor.user },
    function* ({ log }) {
      requireUnlocked(guest);
      if (guest.snapshots.some((s) => s.name === options.name)) {
        throw new TaskFailure(`snapshot name '${options.name}' already used`);
      }
      yield* whileLocked(guest, 'snapshot', function* () {
        for (const disk of guest.disks) {
          log(
            guest.kind === 'qemu'
              ? `snapshotting 'drive-${disk.key}' (${disk.volid})`
              : `create snapshot '${options.name}' on ${disk.volid}`,
          );
        }
        yield 2_000;
      });
      const parent = guest.snapshots.at(-1)?.name;
      guest.snapshots.push({
        name: options.name,
        takenAt: site.seconds(),
        description: options.description ?? '',
        vmstate: options.vmstate ?? false,
        ...(parent === undefined ? {} : { parent }),
      });
    },
  );
}

/** Deletes a snapshot. */
export function deleteSnapshot(site: PveSite, vmid: number, actor: Actor, name: string): LabTask {
  const guest = site.guest(vmid);
  return site.startTask(
    { node: guest.node, type: typeOf(guest, 'delsnapshot'), id: String(vmid), user: actor.user },
    function* () {
      requireUnlocked(guest);
      if (!guest.snapshots.some((s) => s.name === name))
        throw new TaskFailure(`snapshot '${name}' does not exist`);
      yield* whileLocked(guest, 'snapshot-delete', function* () {
        yield 1_500;
      });
      guest.snapshots = guest.snapshots.filter((s) => s.name !== name);
    },
  );
}

/** Rolls a guest back; a running one is stopped by it. */
export function rollbackSnapshot(site: PveSite, vmid: number, actor: Actor, name: string): LabTask {
  const guest = site.guest(vmid);
  return site.startTask(
    { node: guest.node, type: typeOf(guest, 'rollback'), id: String(vmid), user: actor.user },
    function* () {
      requireUnlocked(guest);
      if (!guest.snapshots.some((s) => s.name === name))
        throw new TaskFailure(`snapshot '${name}' does not exist`);
      yield* whileLocked(guest, 'rollback', function* () {
        if (guest.status === 'running') setStopped(site, guest);
        yield 2_000;
      });
    },
  );
}
