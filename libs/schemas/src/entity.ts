import * as z from 'zod';

/** Which Proxmox product speaks. */
export const Product = z.enum(['pve', 'pbs']);
export type Product = z.infer<typeof Product>;

/** A guest as Proxmox names it. `kind` is `unknown` where the input does not tell VM from container. */
export const GuestRef = z.object({
  kind: z.enum(['qemu', 'lxc', 'unknown']),
  vmid: z.int().positive(),
  name: z.string().optional(),
});
export type GuestRef = z.infer<typeof GuestRef>;

/**
 * What an event, fact or incident is about. Every key is optional: a quorum loss has no guest, a test has nothing.
 * `cluster` is the name of /cluster/status, or `standalone:<node>`, or for PBS its node name (PROXMOX §G.1).
 */
export const Entity = z.object({
  cluster: z.string().optional(),
  node: z.string().optional(),
  guest: GuestRef.optional(),
  /** PVE storage id or PBS datastore name. */
  storage: z.string().optional(),
});
export type Entity = z.infer<typeof Entity>;
