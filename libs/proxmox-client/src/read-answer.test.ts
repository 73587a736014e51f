import { ProxmoxError } from './error.ts';
import { textReply, TOKEN_SECRET } from './testing/fake-host.ts';
import { readRecording } from './testing/recording.ts';
import { rejection, useLab } from './testing/use-lab.ts';

const lab = useLab();

/** The error of a recorded answer; the call is the recorded one. */
async function recordedError(recording: string): Promise<ProxmoxError> {
  const { wire, method, target } = readRecording(recording);
  const host = await lab.host();
  host.answer(() => ({ send: wire, thenClose: true }));
  const client = await lab.pve();
  const [path = ''] = target.replace('/api2/json', '').split('?');
  const error = await rejection(client.call({ method: method as 'GET', path }));
  expect(error).toBeInstanceOf(ProxmoxError);
  return error as ProxmoxError;
}

describe('a refusal by PVE, as recorded', () => {
  it.each([
    ['auth-015-no-auth', 'auth', 401, 'No ticket'],
    ['auth-017-token-bad-secret', 'auth', 401, 'Authentication failed!'],
    ['auth-025-ticket-post-without-csrf', 'auth', 401, 'Permission denied - invalid csrf token'],
    ['auth-005-login-wrong-password', 'auth', 401, 'authentication failure'],
    ['cluster-057-cluster-status-as-ops-sep', 'permission', 403, 'Permission check failed (/, Sys.Audit)'],
    ['node-089-syslog-as-monitor', 'permission', 403, 'Permission check failed (/nodes/pve1, Sys.Syslog)'],
    ['longtask-012-stop-as-monitor', 'permission', 403, 'Permission check failed (/nodes/pve1, Sys.Modify)'],
    ['guest-057-qemu-999-status-current', 'not-found', 500, expect.stringContaining('999.conf')],
    ['node-033-storage-nas-offline-content', 'not-found', 500, "storage 'nas-offline' does not exist"],
    ['node-090-unknown-node', 'not-found', 500, expect.stringContaining("hostname lookup 'pve9' failed")],
    ['notify-017-webhook-get-missing', 'not-found', 404, "endpoint 'nope' not found"],
    ['notify-034-test-missing', 'not-found', 404, "endpoint 'nope' does not exist"],
    ['task-196-status-unknown-upid', 'no-such-task', 400, expect.stringContaining('no such task')],
    ['task-195-status-bad-upid', 'no-such-task', 400, expect.stringContaining('upid')],
    ['notify-012-webhook-create-dup', 'conflict', 400, expect.stringContaining('already exists')],
    ['notify-039-delete-in-use', 'conflict', 400, expect.stringContaining('referenced by')],
    ['task-068-qemu-create-existing', 'conflict', 500, expect.stringContaining('already exists')],
    ['proto-057-config-digest-mismatch', 'conflict', 500, expect.stringContaining('checksum mismatch')],
    ['fail-014-noquorum-start', 'no-quorum', 500, 'cluster not ready - no quorum?'],
    ['fail-015-noquorum-config-write', 'error', 500, expect.stringContaining('Permission denied')],
    ['node-046-disks-zfs', 'error', 500, 'zfsutils-linux not installed'],
    ['proto-052-body-json-malformed', 'error', 500, expect.stringContaining('malformed JSON string')],
    ['proto-011-path-unknown', 'not-implemented', 501, "Method 'GET /foo/bar' not implemented"],
    ['cluster-031-cluster-config-join', 'error', 424, 'node is not in a cluster, no join info available!'],
    ['fail-001-remote-pveproxy-down', 'peer-unreachable', 595, 'Connection refused'],
    ['fail-003-remote-pveproxy-hangs', 'peer-unreachable', 596, 'Connection timed out'],
    ['fail-005-local-pvedaemon-down-protected', 'peer-unreachable', 595, 'Connection refused'],
    ['fail-008-link-down-immediately', 'peer-unreachable', 595, 'Connection timed out'],
  ])('%s is %s', async (recording, kind, status, detail) => {
    expect(await recordedError(recording)).toMatchObject({ kind, status, detail });
  });

  it('names the parameters refused', async () => {
    const error = await recordedError('node-021-tasks-statusfilter-bogus');
    expect(error.kind).toBe('parameters');
    expect(error.errors).toEqual({ statusfilter: "invalid format - invalid status 'bogus'" });
    expect(error.message).toBe(
      "lab: GET /nodes/pve1/tasks: HTTP 400: Parameter verification failed. (statusfilter: invalid format - invalid status 'bogus')",
    );
  });

  it('says where which privilege is missing', async () => {
    expect(await recordedError('node-089-syslog-as-monitor')).toMatchObject({
      aclPath: '/nodes/pve1',
      privileges: ['Sys.Syslog'],
      retryable: false,
    });
  });

  it('does not know the outcome of a write that got 596, but does after 595', async () => {
    const host = await lab.host();
    const client = await lab.pve();
    for (const [status, outcomeUnknown] of [
      ['595 Connection refused', false],
      ['596 Connection timed out', true],
      ['599 Too many redirections', true],
    ] as const) {
      host.answer(() => ({ send: `HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`, thenClose: true }));
      const error = await rejection(client.guests.stop({ node: 'pve2', type: 'qemu', vmid: 300 }));
      expect(error).toMatchObject({ kind: 'peer-unreachable', outcomeUnknown, retryable: !outcomeUnknown });
    }
  });
});

describe('a refusal by others', () => {
  it.each([
    // PVE before 8.4 has no message in the body.
    [
      '403 Permission check failed (/vms/104, VM.Audit)',
      '{"data":null}',
      { kind: 'permission', aclPath: '/vms/104' },
    ],
    [
      '403 Permission check failed (/vms/104, VM.Config.Disk|VM.Config.CDROM)',
      '',
      { kind: 'permission', privileges: ['VM.Config.Disk', 'VM.Config.CDROM'] },
    ],
    ["500 can't lock file '/var/lock/x' - got timeout", '{"data":null}', { kind: 'locked', retryable: true }],
    ['500 VM is locked (backup)', '{"data":null}', { kind: 'locked', retryable: true }],
    [
      '400 Bad Request',
      "datastore 'tank' is in offline maintenance mode: disk swap",
      { kind: 'error', detail: "datastore 'tank' is in offline maintenance mode: disk swap" },
    ],
    ['401 Unauthorized', 'authentication failed', { kind: 'auth', detail: 'authentication failed' }],
    ['403 Forbidden', 'permission check failed', { kind: 'permission', detail: 'permission check failed' }],
    ['404 Not Found', "Path '/api2/json/x' not found.", { kind: 'not-found' }],
    ['400 Bad Request', 'parameter verification errors\n\nparameter "limit": x', { kind: 'parameters' }],
    ['500 ', '', { kind: 'error', detail: 'status 500' }],
  ])('%s %s', async (statusLine, body, expected) => {
    const host = await lab.host();
    // PBS says JSON even where it sends plain text.
    host.answer(() => textReply(body, statusLine, ['Content-Type: application/json;charset=UTF-8']));
    const client = await lab.pbs();
    expect(await rejection(client.get('/version'))).toMatchObject(expected);
  });

  it('keeps secrets and line breaks of an answer out of the message', async () => {
    const host = await lab.host();
    host.answer(() => textReply(`bad\r\nvalue ${TOKEN_SECRET}\u001b[31m!`, '400 Bad Request'));
    const client = await lab.pve();
    const error = await rejection(client.post('/access/ticket', { password: TOKEN_SECRET }));
    expect(error).toMatchObject({ detail: 'bad value *** [31m!' });
    expect(JSON.stringify(error)).not.toContain(TOKEN_SECRET);
  });

  it('bounds the message', async () => {
    const host = await lab.host();
    host.answer(() => textReply('x'.repeat(100_000), '500 Oops'));
    const client = await lab.pve();
    const error = await rejection(client.post('/nodes/pve1/qemu'));
    expect((error as ProxmoxError).message.length).toBeLessThan(600);
  });
});

describe('an answer that is none', () => {
  it.each([
    [
      'HTML of a gateway',
      textReply('<html><h1>502 Bad Gateway</h1></html>', '502 Bad Gateway', ['Content-Type: text/html']),
      { kind: 'proxy', status: 502, detail: 'Bad Gateway', retryable: true },
    ],
    ['HTML with 200', textReply('<!doctype html>', '200 OK'), { kind: 'not-json', status: 200 }],
    ['a login page with 401', textReply('<html>', '401 Unauthorized'), { kind: 'proxy', retryable: false }],
    [
      'a redirect',
      textReply('', '302 Found', ['Location: https://sso.example/?next=1']),
      { kind: 'proxy', status: 302 },
    ],
    [
      'JSON that ends early',
      textReply('{"data":[{"id":"qemu/1', '200 OK'),
      { kind: 'truncated', retryable: true },
    ],
    ['nothing', textReply('', '200 OK'), { kind: 'not-json', detail: 'an empty answer' }],
    ['JSON of another shape', textReply('{"ok":true}', '200 OK'), { kind: 'unexpected-answer' }],
    ['a list where an object is due', textReply('{"data":[]}', '200 OK'), { kind: 'unexpected-answer' }],
  ])('%s', async (_name, reply, expected) => {
    const host = await lab.host();
    host.answer(() => reply);
    const client = await lab.pve();
    expect(await rejection(client.version())).toMatchObject(expected);
  });

  it('leaves out rows without identity, but not all of them', async () => {
    const host = await lab.host();
    const warnings: object[] = [];
    const client = await lab.pve(
      {},
      { log: { warn: (fields) => warnings.push(fields), debug: () => undefined } },
    );
    host.answer(() =>
      textReply(
        '{"data":[{"type":"qemu"},{"type":"qemu","vmid":"104","node":"a","template":"1"},{"type":"new-in-10"}]}',
        '200 OK',
      ),
    );
    expect(await client.cluster.resources()).toEqual([
      { type: 'qemu', vmid: 104, node: 'a', status: 'unknown', template: true, tags: [] },
    ]);
    expect(warnings).toEqual([{ host: 'lab', path: '/cluster/resources', lost: 1 }]);
    host.answer(() => textReply('{"data":[{"type":"qemu"}]}', '200 OK'));
    expect(await rejection(client.cluster.resources())).toMatchObject({ kind: 'unexpected-answer' });
  });
});
