import { grantCommand, type Capability, type ProxmoxError } from '@proxmox-mcp/proxmox-client';
import type { Product } from '@proxmox-mcp/schemas';
import type { Trouble } from '../host/degradation.ts';

/** A poll that lacks its privilege, named with what is lost and the line that grants it: the same for every node. */
export function missingRight(
  capability: Capability | undefined,
  about: { readonly name: string; readonly product: Product; readonly authId: string },
  error: ProxmoxError,
): Trouble {
  const privileges = capability?.privileges ?? error.privileges ?? ['a privilege'];
  const path = capability?.path ?? error.aclPath ?? error.path;
  const fix = capability && grantCommand(about.product, about.authId, capability);
  return {
    reason: 'privilege',
    detail: `${privileges.join(', ')} on ${path} is missing: ${about.name} are not watched everywhere`.slice(
      0,
      500,
    ),
    ...(fix !== undefined && { fix: fix.slice(0, 500) }),
  };
}

/** A call that took longer than even a slow one may. */
export function tooSlow(name: string, scope: string, error: ProxmoxError): Trouble {
  return {
    reason: 'timeout',
    detail: `${name}${scope === '' ? '' : ` of ${scope}`}: ${error.detail}`.slice(0, 500),
  };
}

/** Something that was answered before and is refused now. */
export function refusedNow(name: string, scope: string, error: ProxmoxError): Trouble {
  return {
    reason: 'refused',
    detail: `${name}${scope === '' ? '' : ` of ${scope}`} can no longer be read: ${error.detail}`.slice(
      0,
      500,
    ),
  };
}
