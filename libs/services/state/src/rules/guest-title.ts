import type { GuestState } from '@proxmox-mcp/schemas';

/** How a guest is called in titles: `VM 104 (db01)`. */
export function guestTitle({ guestKind, vmid, name }: GuestState): string {
  const kind = guestKind === 'lxc' ? 'CT' : 'VM';
  return name === undefined ? `${kind} ${vmid}` : `${kind} ${vmid} (${name})`;
}
