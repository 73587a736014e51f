import type { InventorySource, NormalizeResult } from '@proxmox-mcp/schemas';
import fc from 'fast-check';
import { expectSubset, loadTestCases, loadTestInventory } from '../testing/index.ts';
import { normalizeNotification } from './normalize-notification.ts';
import type { NotificationInput } from './notification.ts';

const inventory = loadTestInventory();

function route(ids: readonly string[]) {
  const [first, ...rest] = ids.map((id) => inventory.sources.find((source) => source.id === id));
  if (first === undefined) throw new Error(`no such source: ${ids.join()}`);
  return { sources: [first, ...(rest as InventorySource[])] as const }; // the cases name sources of the inventory only
}

function normalize(input: NotificationInput, ...ids: string[]): NormalizeResult {
  return normalizeNotification(input, route(ids.length === 0 ? ['atlas'] : ids));
}

function only(result: NormalizeResult) {
  if (!('events' in result) || result.events[0] === undefined) throw new Error(JSON.stringify(result));
  return result.events[0];
}

describe('normalizeNotification', () => {
  it.each(loadTestCases('notification'))('reads $name as expected', ({ raw, expected }) => {
    const { sources, ...input } = JSON.parse(raw.toString('utf8')) as NotificationInput & {
      sources: string[];
    };
    expectSubset(expected, normalize(input, ...sources));
  });

  it('keeps a type nobody knows, with the sender’s severity and title', () => {
    const event = only(
      normalize({ title: ' New  thing ', message: 'x', severity: 'error', fields: { type: 'drift' } }),
    );
    expect(event).toMatchObject({
      type: 'notification.unmapped',
      severity: 'error',
      facts: { title: 'New thing', notification_type: 'drift' },
    });
  });

  it('refuses a success that only a title claims', () => {
    const title = 'vzdump backup status (pve1.example.net): backup successful';
    expect(normalize({ title, message: 'trust me' })).toMatchObject({
      reject: true,
      reason: 'unrecognised-body',
    });
    expect(normalize({ title: '', message: '' })).toMatchObject({ reject: true, reason: 'empty' });
  });

  it('keeps a failure whose body is alien, and says so', () => {
    const title = 'vzdump backup status (pve1.example.net): backup failed';
    expect(only(normalize({ title, message: 'oh no' }))).toMatchObject({
      type: 'backup.job.failed',
      facts: { unparsed_body: true },
    });
  });

  it('lets type and severity of a structured notification decide over its text', () => {
    const event = only(
      normalize({
        title: 'Sicherung fertig',
        message: 'gut',
        severity: 'info',
        fields: { type: 'vzdump', hostname: 'pve1' },
      }),
    );
    expect(event).toMatchObject({ type: 'backup.job.succeeded', node: 'pve1', cluster: 'atlas' });
  });

  it('takes no word of the sender for a severity that is none', () => {
    const input = { title: 'x', message: 'y', severity: 'constructor', fields: { type: 'vzdump' } };
    expect(only(normalize(input))).toMatchObject({ type: 'backup.job.unknown', severity: 'warning' });
  });

  it('takes no guest error from a file name inside a container', () => {
    const message = [
      'Details',
      '=======',
      'VMID    Name    Status    Time    Size    Filename',
      '205     ct      ok        1s      1 B     /x',
      '',
      'Total running time: 1s',
      'Logs',
      '====',
      '205: 2026-03-19 02:00:44 ERROR: Backup of VM 205 failed - not true',
    ].join('\n');
    const event = only(normalize({ title: 'vzdump backup status (pve1): backup successful', message }));
    expect(event.facts).not.toHaveProperty('errors');
  });

  it('reads a table whose names hold wide characters', () => {
    const message = [
      'VMID    Name        Status    Time    Size     Filename',
      '101     db 💾 one    err       3m      0 B      null',
      '',
      'Total running time: 3m',
    ].join('\n');
    const event = only(normalize({ title: 'vzdump backup status (pve1): backup failed', message }));
    expect(event.facts['guests']).toEqual([
      { vmid: 101, name: 'db 💾 one', status: 'err', time_s: 180, size_bytes: 0, target: null },
    ]);
  });

  it('reads the fencing mails of PVE 7', () => {
    const body = "The node 'pve2' failed and needs manual intervention.\n\nCurrent fence status:  SUCEED\n";
    const title = "SUCEED: fencing: acknowledged - got agent lock for node 'pve2'";
    expect(only(normalize({ title, message: body }))).toMatchObject({
      type: 'node.fence.succeeded',
      severity: 'critical',
      node: 'pve2',
      cluster: 'atlas',
    });
  });

  it.each([
    [
      "Load Media 'WK0012L8' request for changer 'lib1'",
      'The drive has the wrong or no tape(s) inserted.\nError: no tape\n\nChanger: lib1\nMedia: WK0012L8\n',
      {
        type: 'tape.load.requested',
        severity: 'notice',
        facts: { label: 'WK0012L8', device_type: 'changer', drive: 'lib1', reason: 'no tape' },
      },
    ],
    [
      'New software packages available (vault1)',
      'The following updates are available:\n    proxmox-backup-server: 4.1.0 -> 4.1.1\n    libzfs: NEW, 2.3\n',
      {
        type: 'node.updates.available',
        node: 'vault1',
        facts: {
          count: 2,
          packages: [
            { name: 'proxmox-backup-server', installed: '4.1.0', available: '4.1.1' },
            { name: 'libzfs', installed: null, available: '2.3' },
          ],
        },
      },
    ],
    [
      "Sync local datastore 'hot' successful",
      'Job ID: s-1\nDatastore: cold\nLocal Source Store: hot\n\nSynchronization successful.\n',
      {
        type: 'backup.sync.succeeded',
        storage: 'cold',
        node: 'vault1',
        facts: { remote: null, remote_datastore: 'hot', job_id: 's-1' },
      },
    ],
    [
      "Threshold Exceeded For Datastore 's3-cold'",
      "Datastore 's3-cold' exceeded the configured get threshold.\n\nLimit: 1000\nValue: 1200\n",
      { type: 'datastore.threshold.exceeded', facts: { threshold: 'get', limit: 1000, value: 1200 } },
    ],
    [
      "Tape Backup datastore 'cold' failed",
      'Datastore: cold\nTape Pool: p\nTape Drive: d\n\nTape Backup failed: drive jammed\n',
      { type: 'tape.backup.failed', severity: 'error', facts: { error: 'drive jammed', media_pool: 'p' } },
    ],
    [
      'Fail event on /dev/md0:vault1',
      'Fail event detected on md device /dev/md0, component device /dev/sdc1\n\nP.S. mdstat\n',
      {
        type: 'mdraid.device.failed',
        severity: 'error',
        facts: { array: '/dev/md0', component: '/dev/sdc1', event: 'Fail' },
      },
    ],
    [
      'SMART error (FailedHealthCheck) detected on host: vault1',
      'The following warning/error was logged by the smartd daemon:\n\nDevice: /dev/sda [SAT], FAILED SMART self-check. BACK UP DATA NOW!\n\nThe original message about this issue was sent at Mon\n',
      { type: 'disk.smart.failed', severity: 'critical', facts: { repeat: true, device: '/dev/sda' } },
    ],
    [
      'Undelivered Mail Returned to Sender',
      'I am sorry.\n\n<bob@example.org>: host mx.example.org said: 550 5.1.1 unknown user\n',
      {
        type: 'notification.delivery.failed',
        severity: 'warning',
        facts: { recipient: 'bob@example.org', smtp_status: '5.1.1' },
      },
    ],
    [
      'ZFS resilver_finish event for tank on vault1',
      ' eid: 9\n class: resilver_finish\n  host: vault1\n  pool: tank\n state: ONLINE\n  scan: resilvered 1.2G in 00:10:00 with 0 errors on Mon\n',
      {
        type: 'zfs.scrub.finished',
        severity: 'info',
        facts: { repaired: '1.2G', errors: 0, pool_state: 'ONLINE' },
      },
    ],
  ])('reads %s', (title, message, expected) => {
    expect(only(normalize({ title, message, timestamp: 1_773_450_000 }, 'vault1'))).toMatchObject(expected);
  });

  it('reads local times by the clock of the source', () => {
    const message =
      "Replication job '110-0' with target 'hv-b2' and schedule '*/15' failed!\n\nLast successful sync: 2026-03-14 05:05:02\nNext sync try: ERROR\nFailure count: 3\n\nNote: The system  will now reduce the frequency of error reports, as the job appears to be stuck.\nError:\nline one\nline two\n";
    expect(only(normalize({ title: 'Replication Job: 110-0 failed', message }, 'orion'))).toMatchObject({
      guest: { kind: 'unknown', vmid: 110 },
      facts: {
        last_sync: 1_773_482_702,
        next_sync: null,
        failure_count: 3,
        reports_will_be_reduced: true,
        error: 'line one\nline two',
      },
    });
    const never = message.replace('2026-03-14 05:05:02', '1969-12-31 18:00:00');
    expect(only(normalize({ title: '', message: never }, 'orion')).facts['last_sync']).toBeNull();
  });

  it('does not believe a task id of another node', () => {
    const message =
      'Datastore: cold\nTask ID: UPID:evil:0000035F:00000A1B:0000001C:69B4DD40:garbage_collection:cold:root@pam:\n\nGarbage collection successful.\n';
    const title = "Garbage Collect Datastore 'cold' successful";
    expect(normalize({ title, message }, 'vault1')).toMatchObject({
      reject: true,
      reason: 'upid-contradiction',
    });
  });

  it('marks text it had to clean, and times that cannot be', () => {
    const event = only(normalize({ title: 'Test notification\u001b[2J', message: 'x', timestamp: 1 }));
    expect(event.facts).toMatchObject({ sanitized: true, clock_skew: true });
    expect(event).not.toHaveProperty('at');
  });

  it('never throws, whatever it is sent', () => {
    const word = fc.constantFrom(
      'vzdump backup status (',
      'VMID    Name    Status    Time    Size    Filename',
      '\n101  a  ok  1s  1 B  x',
      'Error:',
      'Details',
      "The node '",
      "' failed",
      'Datastore: ',
      '\n',
      ' ',
      '```',
      'Job ID:',
    );
    const text = fc.array(fc.oneof(word, fc.string()), { maxLength: 30 }).map((parts) => parts.join(''));
    const types = fc.constantFrom(
      'vzdump',
      'gc',
      'sync',
      'fencing',
      'replication',
      'system-mail',
      'tape-load',
      'x',
    );
    fc.assert(
      fc.property(text, text, fc.option(types, { nil: undefined }), (title, message, type) => {
        const result = normalize({ title, message, ...(type === undefined ? {} : { fields: { type } }) });
        return 'events' in result || 'reject' in result;
      }),
      { numRuns: 300 },
    );
  });

  it('reads two megabytes of hostile text', () => {
    // A pattern that backtracks would run into the time limit of the test.
    for (const unit of [
      'A',
      ' ',
      '- a',
      'Error: ',
      '101: 2026-03-14 02:00:04 ERROR: Backup of VM 101 failed - \n',
      '\n',
    ]) {
      const message = unit.repeat(Math.ceil(2_000_000 / unit.length));
      expect(normalize({ title: unit.repeat(500), message })).toBeDefined();
    }
  });
});
