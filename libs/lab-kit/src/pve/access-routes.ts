import { randomUUID } from 'node:crypto';
import { ApiError, parameterError } from './api-error.ts';
import type { Call, Routes } from './call.ts';

/** Paths that /access/permissions and a ticket's capabilities are told for. */
const TOP_PATHS = ['/', '/access', '/access/groups', '/nodes', '/pool', '/sdn', '/storage', '/vms'];

function permissions(call: Call): unknown {
  const { access } = call.site;
  const asked = call.text('userid');
  // Others' permissions need Sys.Audit; without it PVE answers about the caller.
  const authid = asked !== undefined && call.has('/access', 'Sys.Audit') ? asked : call.authid;
  const path = call.text('path');
  const paths = path === undefined ? [...new Set([...TOP_PATHS, ...access.acl.map((e) => e.path)])] : [path];
  const out: Record<string, Record<string, number>> = {};
  for (const p of paths) {
    const privs = access.privileges(authid, p);
    if (privs.size > 0)
      out[p] = Object.fromEntries([...privs].map(([priv, propagate]) => [priv, propagate ? 1 : 0]));
  }
  return out;
}

const userRow = (call: Call, userid: string) => {
  const user = call.site.access.users.get(userid);
  return {
    userid,
    enable: user?.enable === false ? 0 : 1,
    expire: user?.expire ?? 0,
    'realm-type': userid.endsWith('@pam') ? 'pam' : 'pve',
    ...(user?.comment === undefined ? {} : { comment: user.comment }),
    ...(user?.email === undefined ? {} : { email: user.email }),
  };
};

const tokensOf = (call: Call, userid: string) =>
  [...call.site.access.tokens.values()]
    .filter((t) => t.userid === userid)
    .map((t) => ({
      tokenid: t.tokenid,
      privsep: t.privsep ? 1 : 0,
      expire: t.expire,
      ...(t.comment === undefined ? {} : { comment: t.comment }),
    }));

/** Users, tokens, permissions. */
export const accessRoutes: Routes = {
  'GET /access/ticket': () => null,
  'GET /access/domains': () => [
    { realm: 'pam', type: 'pam', comment: 'Linux PAM standard authentication' },
    { realm: 'pve', type: 'pve', comment: 'Proxmox VE authentication server' },
  ],
  'GET /access/permissions': permissions,
  'GET /access/users': (call) =>
    [...call.site.access.users.keys()]
      .filter(
        (u) => u === call.userid || call.has('/access', 'User.Modify') || call.has('/access', 'Sys.Audit'),
      )
      .map((u) => userRow(call, u)),
  'GET /access/users/{userid}': (call) => {
    const userid = call.text('userid') ?? '';
    if (!call.site.access.users.has(userid)) throw new ApiError(500, `no such user ('${userid}')`);
    const { userid: _, 'realm-type': __, ...rest } = userRow(call, userid);
    const tokens = Object.fromEntries(tokensOf(call, userid).map(({ tokenid, ...t }) => [tokenid, t]));
    return { ...rest, groups: call.site.access.users.get(userid)?.groups ?? [], tokens };
  },
  'GET /access/users/{userid}/token': (call) => tokensOf(call, call.text('userid') ?? ''),
  'GET /access/users/{userid}/token/{tokenid}': (call) => {
    const found = tokensOf(call, call.text('userid') ?? '').find((t) => t.tokenid === call.text('tokenid'));
    if (found === undefined)
      throw new ApiError(
        500,
        `no such token '${call.text('tokenid') ?? ''}' for user '${call.text('userid') ?? ''}'`,
      );
    const { tokenid: _, ...rest } = found;
    return rest;
  },
  'POST /access/users/{userid}/token/{tokenid}': (call) => {
    const userid = call.text('userid') ?? '';
    const tokenid = call.text('tokenid') ?? '';
    if (!/^[A-Za-z][A-Za-z0-9.\-_]+$/.test(tokenid))
      throw parameterError({ tokenid: 'value does not match the regex pattern' });
    const { access } = call.site;
    if (!access.users.has(userid)) throw new ApiError(500, `no such user ('${userid}')`);
    if (access.tokens.has(`${userid}!${tokenid}`)) throw parameterError({ tokenid: 'Token already exists.' });
    const secret = randomUUID();
    const comment = call.text('comment');
    const privsep = call.text('privsep') !== '0';
    const expire = call.int('expire') ?? 0;
    access.tokens.set(`${userid}!${tokenid}`, {
      userid,
      tokenid,
      secret,
      privsep,
      expire,
      ...(comment === undefined ? {} : { comment }),
    });
    // The create answer has texts where a later GET has numbers.
    const info = Object.fromEntries(
      ['comment', 'expire', 'privsep'].flatMap((n) =>
        call.text(n) === undefined ? [] : [[n, call.text(n)]],
      ),
    );
    return { 'full-tokenid': `${userid}!${tokenid}`, value: secret, info: { privsep: '1', ...info } };
  },
  'DELETE /access/users/{userid}/token/{tokenid}': (call) => {
    call.site.access.tokens.delete(`${call.text('userid') ?? ''}!${call.text('tokenid') ?? ''}`);
    return null;
  },
  'POST /access/users': (call) => {
    const userid = call.text('userid') ?? '';
    if (!call.site.isQuorate())
      throw new ApiError(500, "create user failed: cfs-lock 'file-user_cfg' error: no quorum!");
    if (call.site.access.users.has(userid))
      throw new ApiError(500, `create user failed: user '${userid}' already exists`);
    const password = call.text('password');
    call.site.access.users.set(userid, {
      userid,
      enable: true,
      expire: 0,
      groups: [],
      ...(password === undefined ? {} : { password }),
    });
    return null;
  },
  'DELETE /access/users/{userid}': (call) => {
    call.site.access.users.delete(call.text('userid') ?? '');
    return null;
  },
  'GET /access/groups': (call) =>
    [...call.site.access.groups].map(([groupid, g]) => ({ groupid, ...g, users: '' })),
  'GET /access/roles': (call) =>
    [...call.site.access.roles].map(([roleid, r]) => ({
      roleid,
      privs: r.privs.join(','),
      special: r.special ? 1 : 0,
    })),
  'GET /access/acl': (call) => {
    const audit = call.has('/access', 'Sys.Audit') || call.has('/access', 'Permissions.Modify');
    return call.site.access.acl
      .filter((e) => audit || call.has(e.path, 'Permissions.Modify'))
      .map((e) => ({
        path: e.path,
        ugid: e.who.replace(/^@/, ''),
        type: e.who.startsWith('@') ? 'group' : e.who.includes('!') ? 'token' : 'user',
        roleid: e.role,
        propagate: e.propagate ? 1 : 0,
      }));
  },
  'PUT /access/acl': (call) => {
    const { access } = call.site;
    const path = call.text('path') ?? '/';
    const propagate = call.text('propagate') !== '0';
    for (const role of call.list('roles')) {
      if (!access.roles.has(role))
        throw new ApiError(500, `ACL update failed: role '${role}' does not exist`);
      const names = [
        ...call.list('users'),
        ...call.list('tokens'),
        ...call.list('groups').map((g) => `@${g}`),
      ];
      for (const who of names) {
        access.acl = access.acl.filter((e) => !(e.path === path && e.who === who && e.role === role));
        if (!call.flag('delete')) access.acl.push({ path, who, role, propagate });
      }
    }
    return null;
  },
  'GET /access/tfa': () => [],
  'GET /access/openid': () => [{ subdir: 'auth-url' }, { subdir: 'login' }],
};
