import { guestTitle } from '../guest-title.ts';
import { percentOf } from '../percent.ts';
import { defineStateRule } from '../rule.ts';

/** The root file system of a container. What a VM's disk holds only its agent knows: Proxmox says 0. */
export const guestDisk = defineStateRule({
  name: 'guest-disk',
  condition: 'guest.disk.high',
  summary: 'The root file system of a running container is nearly full.',
  entry: 'guest',
  unit: '%',
  defaults: { enabled: true, warn: 85, crit: 95, clear: 80, for: 300, clearFor: 300 },
  read({ guestKind, status, template, disk, maxdisk }) {
    if (guestKind !== 'lxc' || status !== 'running' || template) return undefined;
    const value = percentOf(disk, maxdisk);
    return value === undefined ? undefined : { value };
  },
  tell: (guest, { value }) => ({
    title: `Root file system of ${guestTitle(guest)} is nearly full`,
    cause: `${value} % of it is used`,
  }),
  over: (guest) => `Root file system of ${guestTitle(guest)} has room again`,
});
