import { checkAccess } from './check-access.ts';
import { jsonReply, textReply, type FakeHost } from './testing/fake-host.ts';
import { readRecording } from './testing/recording.ts';
import { rejection, useLab } from './testing/use-lab.ts';

const lab = useLab();

function serve(host: FakeHost, permissions: unknown, date?: Date): void {
  const headers = date === undefined ? [] : [`Date: ${date.toUTCString()}`];
  host.answer(({ target }) =>
    target.endsWith('/version')
      ? jsonReply({ data: { version: '9.2.11', release: '9.2', repoid: 'x' } }, '200 OK', headers)
      : jsonReply({ data: permissions }),
  );
}
const auditor = readRecording('auth-028-permissions-monitor').data;
const root = readRecording('auth-027-permissions-root').data;
const oneGuest = readRecording('auth-029-permissions-ops-token-privsep').data;

describe('checkAccess', () => {
  it('finds an auditor fit for watching, and tells how to allow the rest', async () => {
    serve(await lab.host(), auditor);
    const report = await checkAccess(await lab.pve());
    expect(report).toMatchObject({ version: '9.2.11', authId: 'root@pam!full', missing: [] });
    const lacking = report.capabilities.filter(({ isGranted }) => !isGranted);
    expect(lacking.map(({ name }) => name)).toEqual([
      'read-log',
      'read-updates',
      'power-guests',
      'back-up-guests',
      'write-backups',
      'set-up-notifications',
      'post-notifications',
    ]);
    expect(lacking[0]).toMatchObject({
      missing: ['Sys.Syslog'],
      command:
        "pveum role add ProxmoxMcp-read-log --privs 'Sys.Syslog' && pveum acl modify / --tokens 'root@pam!full' --roles ProxmoxMcp-read-log",
    });
  });

  it('finds nothing missing for root', async () => {
    serve(await lab.host(), root);
    const report = await checkAccess(await lab.pve());
    expect(report.capabilities.filter(({ isGranted }) => !isGranted)).toEqual([]);
  });

  it('gives the exact line for a token that sees one guest only', async () => {
    serve(await lab.host(), oneGuest);
    const { missing } = await checkAccess(await lab.pve());
    expect(missing.map(({ name, command }) => [name, command])).toEqual(
      ['watch-nodes', 'watch-guests', 'watch-storages'].map((name) => [
        name,
        "pveum acl modify / --tokens 'root@pam!full' --roles PVEAuditor",
      ]),
    );
  });

  it('takes privileges that do as well for those it would ask for', async () => {
    const post = async (held: Record<string, number>) => {
      serve(await lab.host(), { '/': held });
      const { capabilities } = await checkAccess(await lab.pve());
      return capabilities.find(({ name }) => name === 'post-notifications');
    };
    expect(await post({ 'Sys.Audit': 1, 'Sys.Modify': 1 })).toMatchObject({ isGranted: true, missing: [] });
    expect(await post({ 'Sys.Audit': 1 })).toMatchObject({
      isGranted: false,
      missing: ['Sys.AccessNetwork'],
      command:
        "pveum role add ProxmoxMcp-post-notifications --privs 'Sys.AccessNetwork' && pveum acl modify / --tokens 'root@pam!full' --roles ProxmoxMcp-post-notifications",
    });
  });

  it('does not take a privilege that stays on its path for one below it', async () => {
    serve(await lab.host(), { '/': { 'Sys.Audit': 0, 'VM.Audit': 0 }, '/storage': { 'Datastore.Audit': 0 } });
    const { missing } = await checkAccess(await lab.pve());
    expect(missing.map(({ name }) => name)).toEqual(['watch-guests']);
  });

  it('reads the permissions of PBS and speaks its command', async () => {
    serve(await lab.host(), { '/': { 'Datastore.Audit': true }, '/system': { 'Sys.Modify': true } });
    const report = await checkAccess(await lab.pbs());
    expect(report.missing.map(({ name, command }) => [name, command])).toEqual([
      ['watch-system', "proxmox-backup-manager acl update / Audit --auth-id 'root@pam!full'"],
    ]);
    expect(report.capabilities).toContainEqual(
      expect.objectContaining({
        name: 'watch-remotes',
        isGranted: false,
        command: "proxmox-backup-manager acl update /remote RemoteAudit --auth-id 'root@pam!full'",
      }),
    );
  });

  it('names a user rather than a token when logged in with a password', async () => {
    const host = await lab.host();
    const auth = { kind: 'password', user: 'ops@pve', password: 'x' } as const;
    host.answer(({ target }) =>
      target.endsWith('ticket')
        ? jsonReply({ data: { ticket: 'T', CSRFPreventionToken: 'C' } })
        : jsonReply({ data: target.endsWith('/version') ? { version: '9' } : {} }),
    );
    const { missing } = await checkAccess(await lab.pve({ auth }));
    expect(missing[0]?.command).toBe("pveum acl modify / --users 'ops@pve' --roles PVEAuditor");
  });

  it('measures the clock and shows the certificate', async () => {
    const host = await lab.host();
    serve(host, root, new Date(lab.clock().now() + 90_000));
    const report = await checkAccess(await lab.pve());
    expect(report.clockOffsetMs).toBe(90_500);
    expect(report.endpoints).toMatchObject([
      {
        endpoint: `127.0.0.1:${host.port}`,
        isPreferred: true,
        certificate: { fingerprint: host.fingerprint },
      },
    ]);
  });

  it('passes on why a host cannot be asked', async () => {
    const host = await lab.host();
    host.answer(() => textReply('', '401 Authentication failed!'));
    expect(await rejection(checkAccess(await lab.pve()))).toMatchObject({ kind: 'auth' });
  });
});
