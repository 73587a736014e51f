import { PVE_ROLES } from './roles.ts';

/** One line of user.cfg's ACL. `who` is a user, `@group` or `user!token`. */
export interface AclEntry {
  readonly path: string;
  readonly who: string;
  readonly role: string;
  readonly propagate: boolean;
}

/** A user of a realm. */
export interface LabUser {
  readonly userid: string;
  readonly password?: string;
  readonly enable: boolean;
  /** Epoch seconds; 0 is never. */
  readonly expire: number;
  readonly comment?: string;
  readonly email?: string;
  readonly groups: readonly string[];
}

/** An API token: `userid!tokenid`. */
export interface LabToken {
  readonly userid: string;
  readonly tokenid: string;
  readonly secret: string;
  readonly privsep: boolean;
  readonly expire: number;
  readonly comment?: string;
}

/** Users, tokens and rights of one cluster or host. */
export class AccessControl {
  readonly users = new Map<string, LabUser>();
  /** By `userid!tokenid`. */
  readonly tokens = new Map<string, LabToken>();
  readonly groups = new Map<string, { comment?: string }>();
  readonly roles = new Map<string, { privs: readonly string[]; special: boolean }>();
  acl: AclEntry[] = [];
  #index: { acl: AclEntry[]; length: number; byPath: Map<string, AclEntry[]> } | undefined;
  readonly #superuser: string;
  readonly #poolOf: (vmid: string) => string | undefined;

  constructor(
    options: {
      superuser?: string;
      poolOf?: (vmid: string) => string | undefined;
      roles?: Readonly<Record<string, readonly string[]>>;
    } = {},
  ) {
    this.#superuser = options.superuser ?? 'root@pam';
    this.#poolOf = options.poolOf ?? (() => undefined);
    for (const [role, privs] of Object.entries(options.roles ?? PVE_ROLES))
      this.roles.set(role, { privs, special: true });
    this.users.set(this.#superuser, { userid: this.#superuser, enable: true, expire: 0, groups: [] });
  }

  /** Privileges on a path with, per privilege, whether it goes on to the children. */
  privileges(authid: string, path: string): Map<string, boolean> {
    const token = this.tokens.get(authid);
    if (token === undefined) return this.#ofUser(authid, path);
    const user = this.#ofUser(token.userid, path);
    if (!token.privsep) return user;
    const own = this.#byAcl(path, (who) => who === authid);
    // A separated token has what both it and its user have.
    return new Map([...own].filter(([priv]) => user.has(priv)));
  }

  has(authid: string, path: string, priv: string): boolean {
    return this.privileges(authid, path).has(priv);
  }

  #ofUser(userid: string, path: string): Map<string, boolean> {
    if (userid === this.#superuser) {
      // The role of everything has a name of its own on each product.
      const everything = this.roles.get('Administrator') ?? this.roles.get('Admin');
      return new Map((everything?.privs ?? []).map((p) => [p, true]));
    }
    const user = this.users.get(userid);
    if (user === undefined) return new Map();
    const groups = new Set(user.groups.map((g) => `@${g}`));
    const result = this.#byAcl(
      path,
      (who) => who === userid,
      (who) => groups.has(who),
    );
    const guest = /^\/vms\/(\d+)$/.exec(path);
    const pool = guest?.[1] === undefined ? undefined : this.#poolOf(guest[1]);
    if (pool !== undefined) {
      for (const [priv, on] of this.#byAcl(
        `/pool/${pool}`,
        (who) => who === userid,
        (who) => groups.has(who),
      )) {
        result.set(priv, on);
      }
    }
    return result;
  }

  /** The nearest path with an entry decides; at one path an entry for the user hides those for its groups. */
  #byAcl(
    path: string,
    isSelf: (who: string) => boolean,
    isGroup?: (who: string) => boolean,
  ): Map<string, boolean> {
    const byPath = this.#entriesByPath();
    let chosen: readonly AclEntry[] = [];
    for (let end = 0; end >= 0; end = end === path.length ? -1 : nextSlash(path, end)) {
      const isLeaf = end === path.length;
      const here = byPath.get(end === 0 ? '/' : path.slice(0, end));
      if (here === undefined) continue;
      const at = here.filter((e) => e.propagate || isLeaf || path === '/');
      const own = at.filter((e) => isSelf(e.who));
      const found = own.length > 0 ? own : at.filter((e) => isGroup?.(e.who) ?? false);
      if (found.length > 0) chosen = found;
    }
    const roles = new Map(chosen.map((e) => [e.role, e.propagate]));
    if (roles.has('NoAccess')) return new Map();
    const privs = new Map<string, boolean>();
    for (const [role, propagate] of roles) {
      for (const priv of this.roles.get(role)?.privs ?? [])
        privs.set(priv, propagate || (privs.get(priv) ?? false));
    }
    return privs;
  }

  /** Entries by path; made anew when the list has changed. */
  #entriesByPath(): ReadonlyMap<string, readonly AclEntry[]> {
    if (this.#index?.acl !== this.acl || this.#index.length !== this.acl.length) {
      const byPath = new Map<string, AclEntry[]>();
      for (const entry of this.acl) byPath.set(entry.path, [...(byPath.get(entry.path) ?? []), entry]);
      this.#index = { acl: this.acl, length: this.acl.length, byPath };
    }
    return this.#index.byPath;
  }
}

/** End of the next part of the path: `/vms/100` has 0, 4 and 8. */
function nextSlash(path: string, from: number): number {
  const at = path.indexOf('/', from + 1);
  return at < 0 ? path.length : at;
}
