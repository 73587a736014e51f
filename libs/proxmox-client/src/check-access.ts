import type { EndpointState } from './fail-over.ts';
import { CAPABILITIES, type Capability } from './capabilities.ts';
import { grantCommand } from './grant.ts';
import { Version, type Permissions } from './normalize/cluster.ts';
import { holds } from './normalize/permissions.ts';
import type { PbsClient } from './pbs/client.ts';
import type { PveClient } from './pve/client.ts';

/** Whether one of our capabilities is allowed. */
export interface CapabilityCheck extends Capability {
  readonly isGranted: boolean;
  /** What of `privileges` is missing; empty when granted. */
  readonly missing: readonly string[];
  /** The exact command to grant it, to be run as root on the host. */
  readonly command: string;
}

/** What `checkAccess` found. */
export interface AccessReport {
  readonly version: string;
  /** `user@realm` or `user@realm!token`. */
  readonly authId: string;
  readonly permissions: Permissions;
  readonly capabilities: readonly CapabilityCheck[];
  /** The capabilities we need and do not have; the optional ones are not in here. */
  readonly missing: readonly CapabilityCheck[];
  /** The host's clock minus ours, in milliseconds; good to a second. Absent when the host does not say. */
  readonly clockOffsetMs?: number;
  /** Endpoints with the certificates seen. Those not tried have none. */
  readonly endpoints: readonly EndpointState[];
}

/**
 * Asks a host for its version, our privileges, its clock and its certificate: all that a connection test or a privilege
 * matrix needs.
 *
 * @throws {ProxmoxError} the host cannot be asked; its kind says what to mend.
 */
export async function checkAccess(
  client: PveClient | PbsClient,
  options: { readonly signal?: AbortSignal } = {},
): Promise<AccessReport> {
  const before = client.clock.now();
  const answer = await client.call({ ...options, method: 'GET', path: '/version' });
  const after = client.clock.now();
  const permissions = await client.permissions(options);
  const version = Version.safeParse(answer.data);
  const capabilities = CAPABILITIES[client.product].map((capability): CapabilityCheck => {
    const lacks = (one: string) => !holds(permissions, capability.path, one);
    const { orElse = capability.privileges } = capability;
    const missing = orElse.some(lacks) ? capability.privileges.filter(lacks) : [];
    return {
      ...capability,
      isGranted: missing.length === 0,
      missing,
      command: grantCommand(client.product, client.authId, capability),
    };
  });
  return {
    version: version.success ? version.data.version : 'unknown',
    authId: client.authId,
    permissions,
    capabilities,
    missing: capabilities.filter((one) => one.isRequired && !one.isGranted),
    // The header is cut to the second: on average half a second early.
    ...(answer.dateMs === undefined ? {} : { clockOffsetMs: answer.dateMs + 500 - (before + after) / 2 }),
    endpoints: client.endpoints(),
  };
}
