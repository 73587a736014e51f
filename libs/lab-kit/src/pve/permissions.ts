import type { AccessControl } from '../world/access.ts';
import { ApiError } from './api-error.ts';
import type { PermissionCheck } from './schema.ts';

/** 403 in the words of PVE. */
export function denied(what?: string): ApiError {
  return new ApiError(
    403,
    what === undefined ? 'Permission check failed' : `Permission check failed (${what})`,
  );
}

/** Fills `{vmid}` and the like from the request's parameters. */
function fill(path: string, parameters: Readonly<Record<string, string>>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => parameters[name] ?? '');
}

/**
 * Evaluates a permission check of the schema for `authid`.
 *
 * @throws {ApiError} 403, naming path and privilege where the check is a single one.
 */
export function requirePermission(
  access: AccessControl,
  authid: string,
  check: PermissionCheck,
  parameters: Readonly<Record<string, string>>,
): void {
  const [kind] = check;
  if (kind === 'perm') {
    const path = fill(String(check[1]), parameters);
    const privs = (check[2] as readonly string[] | undefined) ?? [];
    const options = check.slice(3);
    const isAny = options.includes('any') || options.some((o) => Array.isArray(o) && o[0] === 'any');
    const have = access.privileges(authid, path);
    if (isAny) {
      if (!privs.some((p) => have.has(p))) throw denied(`${path}, ${privs.join('|')}`);
      return;
    }
    const missing = privs.find((p) => !have.has(p));
    if (missing !== undefined) throw denied(`${path}, ${missing}`);
    return;
  }
  if (kind === 'and') {
    for (const part of check.slice(1)) requirePermission(access, authid, part as PermissionCheck, parameters);
    return;
  }
  if (kind === 'or') {
    const passes = check.slice(1).some((part) => holds(access, authid, part as PermissionCheck, parameters));
    if (!passes) throw denied();
    return;
  }
  if (kind === 'userid-param') {
    const isSelf = check[1] === 'self' && parameters['userid'] === authid.split('!')[0];
    if (!isSelf && !access.has(authid, '/access', 'User.Modify')) throw denied();
    return;
  }
  if (kind === 'userid-group' || kind === 'perm-modify') {
    if (!access.has(authid, '/access/groups', 'User.Modify') && !access.has(authid, '/access', 'User.Modify'))
      throw denied();
  }
}

function holds(
  access: AccessControl,
  authid: string,
  check: PermissionCheck,
  parameters: Readonly<Record<string, string>>,
): boolean {
  try {
    requirePermission(access, authid, check, parameters);
    return true;
  } catch {
    return false;
  }
}
