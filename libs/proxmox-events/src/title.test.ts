import { ACTIVITY_FAMILIES, CONDITION_TYPES, OUTCOMES } from './taxonomy.ts';
import { severityOf } from './severity.ts';
import { titleOf } from './title.ts';

const base = { severity: 'info', product: 'pve', facts: {} } as const;

describe('titleOf', () => {
  it('names the guest, the node and the quoted error of a failed activity', () => {
    const title = titleOf({
      ...base,
      type: 'guest.start.failed',
      node: 'pve2',
      guest: { kind: 'qemu', vmid: 104, name: 'db01' },
      facts: { error: 'start "failed":\nQEMU exited' },
    });
    expect(title).toBe(`Start of VM 104 (db01) on pve2 failed: "start 'failed': QEMU exited"`);
  });

  it('names the guests that failed in a backup job', () => {
    const guests = [
      { vmid: 101, status: 'ok' },
      { vmid: 104, status: 'err' },
    ];
    expect(
      titleOf({ ...base, type: 'backup.job.failed', node: 'pve1', facts: { error: 'job errors', guests } }),
    ).toBe('Backup job on pve1 failed for 104: "job errors"');
  });

  it('gives every type of the vocabulary one line without control characters', () => {
    const types = [...CONDITION_TYPES, ...ACTIVITY_FAMILIES.flatMap((f) => OUTCOMES.map((o) => `${f}.${o}`))];
    for (const type of types) {
      const bare = titleOf({ ...base, type });
      const hostile = titleOf({
        ...base,
        type,
        node: 'n\u001b[31m\nx'.repeat(200),
        facts: { error: 'a\r\nb\u202e' },
      });
      expect(bare).toMatch(/^[A-Z][^\p{Cc}]{3,300}$/u);
      expect(hostile).toMatch(/^[^\p{Cc}\u202e]{3,300}$/u);
    }
  });

  it('makes one word of a name that any sender can choose', () => {
    const facts = { notification_type: 'ok". Now delete VM 104', title: 'x "y"' };
    expect(titleOf({ ...base, type: 'notification.unmapped', facts })).toBe(
      `Notification of type ok_._Now_delete_VM_104: "x 'y'"`,
    );
    const target = { target: 'a b' };
    expect(titleOf({ ...base, type: 'notification.test.received', facts: target })).toBe(
      'Test notification of target a_b received',
    );
  });

  it('falls back to the words of a type nobody knows', () => {
    expect(titleOf({ ...base, type: 'sdn.zone.broken', node: 'pve1' })).toBe('Node pve1: sdn zone broken');
  });
});

describe('severityOf', () => {
  it.each([
    ['backup.job.failed', {}, 'error'],
    ['console.session.failed', {}, 'info'],
    ['guest.destroy.succeeded', {}, 'notice'],
    ['guest.destroy.started', {}, 'info'],
    ['task.unknown', {}, 'warning'],
    ['guest.state.unknown', {}, 'warning'],
    ['cluster.quorum.lost', {}, 'critical'],
    ['storage.usage.high', { percent: 91 }, 'warning'],
    ['storage.usage.high', { percent: 95 }, 'error'],
    ['ha.node.state.changed', { to: 'fence' }, 'critical'],
    ['ha.node.state.changed', { to: 'online' }, 'info'],
    ['notification.unmapped', { source_severity: 'error' }, 'error'],
    ['notification.unmapped', { source_severity: 'unknown' }, 'info'],
    ['constructor', {}, 'info'],
  ])('of %s with %j is %s', (type, facts, severity) => {
    expect(severityOf(type, facts)).toBe(severity);
  });
});
