import { AccessControl } from './access.ts';

const entry = (path: string, who: string, role: string, propagate = true) => ({ path, who, role, propagate });
let access: AccessControl;
beforeEach(() => {
  access = new AccessControl({ poolOf: (vmid) => (vmid === '101' ? 'prod' : undefined) });
  access.users.set('ann@pve', { userid: 'ann@pve', enable: true, expire: 0, groups: ['admins'] });
  access.tokens.set('ann@pve!t', { userid: 'ann@pve', tokenid: 't', secret: 's', privsep: true, expire: 0 });
  access.tokens.set('ann@pve!full', {
    userid: 'ann@pve',
    tokenid: 'full',
    secret: 's',
    privsep: false,
    expire: 0,
  });
});

it('lets the nearest path decide, and a user hide the groups it is in', () => {
  access.acl.push(entry('/', '@admins', 'PVEAdmin'), entry('/vms', 'ann@pve', 'PVEAuditor'));
  expect(access.has('ann@pve', '/nodes/pve1', 'Sys.Syslog')).toBe(true);
  expect(access.has('ann@pve', '/vms/100', 'VM.PowerMgmt')).toBe(false);
  expect(access.has('ann@pve', '/vms/100', 'VM.Audit')).toBe(true);
  access.acl.push(entry('/vms/100', 'ann@pve', 'NoAccess'));
  expect([...access.privileges('ann@pve', '/vms/100')]).toEqual([]);
});

it('does not carry an entry without propagation to the children', () => {
  access.acl.push(entry('/', 'ann@pve', 'PVEAuditor', false));
  expect(access.has('ann@pve', '/', 'Sys.Audit')).toBe(true);
  expect(access.has('ann@pve', '/nodes/pve1', 'Sys.Audit')).toBe(false);
});

it('gives a separated token what both it and its user have, and the other kind all its user has', () => {
  access.acl.push(entry('/', 'ann@pve', 'PVEVMUser'), entry('/vms/100', 'ann@pve!t', 'PVEAdmin'));
  expect(access.has('ann@pve!t', '/vms/100', 'VM.PowerMgmt')).toBe(true);
  expect(access.has('ann@pve!t', '/vms/100', 'VM.Allocate')).toBe(false);
  expect(access.has('ann@pve!t', '/vms/200', 'VM.Audit')).toBe(false);
  expect(access.has('ann@pve!full', '/vms/200', 'VM.Audit')).toBe(true);
});

it('adds what a pool gives on its guests', () => {
  access.acl.push(entry('/pool/prod', 'ann@pve', 'PVEVMUser'));
  expect(access.has('ann@pve', '/vms/101', 'VM.PowerMgmt')).toBe(true);
  expect(access.has('ann@pve', '/vms/102', 'VM.PowerMgmt')).toBe(false);
});
