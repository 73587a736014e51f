import { type PveSite } from './pve-site.ts';

/** The users every lab host has, with fixed secrets: this is a pretend lab and the secrets are printed at start. */
export const LAB_SECRETS = {
  root: { user: 'root@pam', tokenName: 'full', secret: '11111111-1111-4111-8111-111111111111' },
  auditor: { user: 'mcp@pve', tokenName: 'lab', secret: '22222222-2222-4222-8222-222222222222' },
  nobody: { user: 'nobody@pve', tokenName: 'none', secret: '33333333-3333-4333-8333-333333333333' },
  operator: { user: 'ops@pve', tokenName: 'ops', secret: '44444444-4444-4444-8444-444444444444' },
  password: 'lab-password',
} as const;

/** root@pam!full, mcp@pve!lab (PVEAuditor and Sys.Syslog), ops@pve!ops (may act), nobody@pve!none (may nothing). */
export function addUsers(site: PveSite): void {
  const { access } = site;
  const password = LAB_SECRETS.password;
  for (const userid of ['root@pam', 'mcp@pve', 'ops@pve', 'nobody@pve']) {
    access.users.set(userid, { userid, password, enable: true, expire: 0, groups: [] });
  }
  access.users.set('gone@pve', {
    userid: 'gone@pve',
    password,
    enable: false,
    expire: 0,
    groups: [],
    comment: 'left the company',
  });
  for (const { user, tokenName, secret } of [
    LAB_SECRETS.root,
    LAB_SECRETS.auditor,
    LAB_SECRETS.nobody,
    LAB_SECRETS.operator,
  ]) {
    const privsep = user !== 'root@pam';
    access.tokens.set(`${user}!${tokenName}`, {
      userid: user,
      tokenid: tokenName,
      secret,
      privsep,
      expire: 0,
    });
  }
  access.roles.set('SyslogReader', { privs: ['Sys.Syslog'], special: false });
  access.roles.set('Operator', {
    privs: [
      'Datastore.AllocateSpace',
      'Datastore.Audit',
      'Sys.Audit',
      'VM.Audit',
      'VM.Backup',
      'VM.Migrate',
      'VM.PowerMgmt',
      'VM.Snapshot',
      'VM.Snapshot.Rollback',
    ],
    special: false,
  });
  const grant = (who: string, role: string) => access.acl.push({ path: '/', who, role, propagate: true });
  for (const who of ['mcp@pve', 'mcp@pve!lab']) {
    grant(who, 'PVEAuditor');
    grant(who, 'SyslogReader');
  }
  for (const who of ['ops@pve', 'ops@pve!ops']) grant(who, 'Operator');
}
