import type { Product } from '@proxmox-mcp/schemas';
import { CAPABILITIES, type Capability } from './capabilities.ts';

// Roles are granted where they reach everything we watch, not path by path: one line covers three rows of the matrix.
const WHOLE = new Set(['PVEAuditor', 'Audit']);

/**
 * The command that grants `capability` to `authId`. A token with separated privileges has what both it and its user have:
 * the user needs the same line where he lacks them himself.
 */
export function grantCommand(product: Product, authId: string, capability: Capability): string {
  const { role } = capability;
  const path = role !== undefined && WHOLE.has(role) ? '/' : capability.path;
  if (product === 'pbs') {
    return `proxmox-backup-manager acl update ${path} ${role ?? 'Admin'} --auth-id ${quote(authId)}`;
  }
  const who = authId.includes('!') ? '--tokens' : '--users';
  const grant = (name: string): string => `pveum acl modify ${path} ${who} ${quote(authId)} --roles ${name}`;
  if (role !== undefined) return grant(role);
  // No built-in role has just these: make one.
  const own = `ProxmoxMcp-${capability.name}`;
  return `pveum role add ${own} --privs ${quote(capability.privileges.join(' '))} && ${grant(own)}`;
}

/** The command that grants any one of `privileges`; `undefined` where we have no use for them. */
export function grantFor(
  product: Product,
  authId: string,
  privileges: readonly string[],
): string | undefined {
  const capability = CAPABILITIES[product].find((one) => one.privileges.some((p) => privileges.includes(p)));
  return capability && grantCommand(product, authId, capability);
}

// An authid holds "!", which a shell would expand; nothing in a valid one needs escaping inside single quotes.
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
