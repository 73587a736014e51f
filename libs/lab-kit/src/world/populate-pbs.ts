import { DAY, GIB } from './sizes.ts';
import { LAB_SECRETS } from './lab-users.ts';
import { PbsSite } from './pbs-site.ts';
import type { SiteContext } from './pve-site.ts';

/** Tokens of the pretend PBS: root may everything, mcp may look. */
export const PBS_SECRETS = {
  root: { user: 'root@pam', tokenName: 'full', secret: LAB_SECRETS.root.secret },
  auditor: { user: 'mcp@pbs', tokenName: 'lab', secret: LAB_SECRETS.auditor.secret },
  nobody: { user: 'nobody@pbs', tokenName: 'none', secret: LAB_SECRETS.nobody.secret },
} as const;

/** `pbs1` with the datastores `tank-main` and `cold`, jobs, and a week of snapshots. */
export function populatePbs(context: SiteContext): PbsSite {
  const site = new PbsSite(context, { name: 'pbs1', domain: 'lab.example', ip: '192.0.2.21', upDays: 63 });
  const { access } = site;
  for (const { user, tokenName, secret } of [PBS_SECRETS.root, PBS_SECRETS.auditor, PBS_SECRETS.nobody]) {
    access.users.set(user, {
      userid: user,
      password: LAB_SECRETS.password,
      enable: true,
      expire: 0,
      groups: [],
    });
    access.tokens.set(`${user}!${tokenName}`, {
      userid: user,
      tokenid: tokenName,
      secret,
      privsep: user !== 'root@pam',
      expire: 0,
    });
  }
  for (const who of ['mcp@pbs', 'mcp@pbs!lab']) {
    access.acl.push({ path: '/', who, role: 'Audit', propagate: true });
    access.acl.push({ path: '/remote', who, role: 'RemoteAudit', propagate: true });
  }
  for (const [name, totalGib, usedGib] of [
    ['tank-main', 9_300, 4_100],
    ['cold', 3_700, 900],
  ] as const) {
    site.datastores.set(name, {
      name,
      path: `/mnt/datastore/${name}`,
      totalBytes: totalGib * GIB,
      usedBytes: usedGib * GIB,
      gcSchedule: 'daily',
      snapshots: [],
    });
  }
  const now = site.seconds();
  const main = site.datastore('tank-main');
  for (let night = 7; night >= 1; night--) {
    for (const [type, id, gib] of [
      ['vm', '101', 32],
      ['vm', '104', 120],
      ['ct', '205', 8],
      ['vm', '120', 500],
    ] as const) {
      main.snapshots.push({
        type,
        id,
        time: now - (now % DAY) - night * DAY + 3_600 + Number(id),
        ns: '',
        sizeBytes: gib * GIB,
        owner: 'pve@pbs!backup',
        protected: false,
      });
    }
  }
  for (const snapshot of main.snapshots.slice(-4)) {
    const id = `tank-main:${snapshot.type}/${snapshot.id}`;
    site.addPastTask({ type: 'backup', id, user: 'pve@pbs!backup', startedAt: snapshot.time, seconds: 140 });
  }
  site.addPastTask({
    type: 'garbage_collection',
    id: 'cold',
    user: 'root@pam',
    startedAt: now - (now % DAY),
    seconds: 610,
  });
  site.jobs.set('v-7d7e', { id: 'v-7d7e', kind: 'verify', store: 'tank-main', schedule: 'sat 18:15' });
  site.jobs.set('default-tank-main-1', {
    id: 'default-tank-main-1',
    kind: 'prune',
    store: 'tank-main',
    schedule: 'daily',
    keep: { 'keep-last': 5 },
  });
  site.jobs.set('s-0a1b', {
    id: 's-0a1b',
    kind: 'sync',
    store: 'cold',
    schedule: '06:00',
    remote: 'offsite',
    remoteStore: 'dr-store',
  });
  return site;
}
