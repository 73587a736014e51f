import type { Permissions } from './cluster.ts';

/** Reads the answer of `access/permissions` of either product: path → privilege → propagate (0/1 or true/false). */
export function permissionsOf(data: unknown): Permissions {
  return Object.fromEntries(
    entries(data).map(([path, privileges]) => [
      path,
      Object.fromEntries(
        entries(privileges).map(([name, propagates]) => [
          name,
          propagates === true || Number(propagates) === 1,
        ]),
      ),
    ]),
  );
}

/**
 * Whether a privilege holds on a path: by the entry of the path itself, else by the nearest one above it, if that one
 * reaches below.
 */
export function holds(permissions: Permissions, path: string, privilege: string): boolean {
  for (let at = path; ; at = at.slice(0, at.lastIndexOf('/')) || '/') {
    const found = permissions[at];
    if (found !== undefined) return at === path ? found[privilege] !== undefined : found[privilege] === true;
    if (at === '/') return false;
  }
}

function entries(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}
