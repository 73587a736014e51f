import { createLab } from '../lab.ts';
import { createSteppedClock } from '../world/clock.ts';
import type { LabNotification, LabSyslogLine } from '../world/listener.ts';
import { loadScenario, scenarioNames } from './scenario.ts';

const START = Date.UTC(2026, 2, 14, 1, 0, 0);

/** Plays a scenario to its end in stepped time and returns what the lab said. */
async function play(name: string) {
  const clock = createSteppedClock(START);
  const lab = createLab({ clock, seed: 'test' });
  const lines: LabSyslogLine[] = [];
  const notifications: LabNotification[] = [];
  lab.listen({ onSyslog: (l) => lines.push(l), onNotification: (_, n) => notifications.push(n) });
  let over = false;
  const playing = lab.play(name);
  void playing.done.then(() => (over = true));
  for (let i = 0; i < 1_000 && !over; i++) {
    clock.advance(10_000);
    await Promise.resolve();
  }
  expect(over).toBe(true);
  const failed = [...lab.world.sites, lab.pbs].flatMap((site) =>
    [...(('nodes' in site && site.nodes.keys()) || [lab.pbs.name])]
      .flatMap((node) => [...site.tasks.ofNode(node)])
      .filter((t) => t.startedAt >= START / 1000 && t.status !== 'OK'),
  );
  return { lab, clock, lines, notifications, failed };
}

describe('scenarios', () => {
  it.each(scenarioNames())('%s names only steps and expectations that can be read', (name) => {
    const scenario = loadScenario(name);
    expect(scenario.steps.length).toBeGreaterThan(0);
    expect(scenario.expected.facts.length).toBeGreaterThan(0);
  });

  it('a quiet hour has tasks of many kinds and no failure', async () => {
    const { lab, failed, notifications } = await play('quiet-hour');
    expect(failed).toEqual([]);
    expect([...lab.pve('pve1').tasks.ofNode('pve3')].map((t) => t.type)).toContain('qmigrate');
    expect(notifications.map((n) => n.severity)).not.toContain('error');
    expect([...new Set(notifications.map((n) => n.type))].sort()).toEqual([
      'gc',
      'package-updates',
      'prune',
      'sync',
      'verify',
      'vzdump',
    ]);
  });

  it('the nightly backup fails for db01 alone, within the first minute', async () => {
    const { lab, failed, notifications, lines } = await play('nightly-backup-failure');
    expect(failed.map((t) => [t.node, t.type, t.status])).toEqual([['pve1', 'vzdump', 'job errors']]);
    const [task] = failed;
    expect((task?.endedAt ?? 0) - START / 1000).toBeLessThan(60);
    expect(task?.log).toEqual(
      expect.arrayContaining([
        'INFO: Starting Backup of VM 104 (qemu)',
        'ERROR: job failed with err -5 - Input/output error',
        'ERROR: Backup of VM 104 failed - job failed with err -5 - Input/output error',
        'INFO: Backup job finished with errors',
        'INFO: notified via target `mail-to-root`',
      ]),
    );
    expect(task?.log.at(-1)).toBe('TASK ERROR: job errors');
    const failure = notifications.find((n) => n.severity === 'error');
    expect(failure?.title).toBe('vzdump backup status (pve1.lab.example): backup failed ');
    expect(failure?.fields).toEqual({ type: 'vzdump', hostname: 'pve1', 'job-id': 'backup-nightly' });
    expect(failure?.body).toMatch(/^104 +db01 +err +\S.*0 B +null/m);
    const worker = lines.find(
      (l) => l.text === 'ERROR: Backup of VM 104 failed - job failed with err -5 - Input/output error',
    );
    expect(worker).toMatchObject({ tag: 'pvescheduler', pid: task?.pid, pri: 27, node: 'pve1' });
    expect(lab.pve('pve1').guest(104).lock).toBeUndefined();
  });

  it('a node without power is fenced and its HA guests start elsewhere', async () => {
    const { lab, notifications, lines } = await play('node-fenced');
    expect(notifications.map((n) => n.title)).toEqual([
      "Trying to fence node 'pve2' ",
      "Successfully fenced node 'pve2' ",
    ]);
    expect(notifications.map((n) => n.fields['hostname'])).toEqual(['pve2', 'pve2']);
    expect(lines.filter((l) => l.node === 'pve2' && l.at > START + 10_000)).toEqual([]);
    expect(lines.map((l) => l.text)).toContain("fencing: acknowledged - got agent lock for node 'pve2'");
    const site = lab.pve('pve1');
    for (const vmid of [110, 205]) {
      expect(site.guest(vmid)).toMatchObject({ status: 'running' });
      expect(site.guest(vmid).node).not.toBe('pve2');
    }
    const started = [...site.tasks.ofNode('pve1'), ...site.tasks.ofNode('pve3')].find(
      (t) => t.type === 'qmstart' && t.id === '110',
    );
    expect(started?.log).toEqual(['task started by HA resource agent', 'TASK OK']);
  });

  it('a node that is back early is not fenced and starts its guests', async () => {
    const { lab, notifications } = await play('node-reboots');
    expect(notifications).toEqual([]);
    expect(lab.pve('pve3').guest(120).status).toBe('running');
    expect(lab.pve('pve3').guest(130).status).toBe('stopped');
  });

  it('an offline storage fails the job before any guest, and the next job after it is back succeeds', async () => {
    const { notifications, lines, failed } = await play('storage-offline');
    const error = "could not activate storage 'nas-backup': storage 'nas-backup' is not online";
    expect(failed.map((t) => t.status)).toEqual([error]);
    expect(notifications.map((n) => n.title)).toEqual([
      `vzdump backup status (pve2.lab.example): backup failed: ${error} `,
      'vzdump backup status (pve2.lab.example): backup successful ',
    ]);
    expect(lines.find((l) => l.tag === 'pvestatd')).toMatchObject({
      pri: 28,
      text: "storage 'nas-backup' is not online",
    });
    expect(lines.at(-1)?.at).toBeGreaterThan(START);
  });

  it('a full datastore fails the backups on both sides and the garbage collection', async () => {
    const { failed, notifications } = await play('pbs-datastore-full');
    expect(failed.map((t) => t.type).sort()).toEqual(['backup', 'backup', 'garbage_collection', 'vzdump']);
    expect(notifications.map((n) => [n.type, n.severity])).toEqual([
      ['vzdump', 'error'],
      ['gc', 'error'],
    ]);
    expect(notifications[0]?.body).toContain('ENOSPC: No space left on device');
  });

  it('a verification names the damaged snapshot', async () => {
    const { notifications } = await play('verify-finds-damage');
    expect(notifications[0]?.title).toBe("Verify Datastore 'tank-main' failed ");
    expect(notifications[0]?.body).toMatch(/^ {4}vm\/104\/2026-03-13T/m);
  });

  it('refuses a step nobody knows and an argument nobody reads, before doing anything', () => {
    const lab = createLab({ clock: createSteppedClock(START) });
    const yaml = (step: string) => `name: x\nsteps:\n  - ${step}\n`;
    expect(() => lab.play(yaml('{ do: explode }'))).toThrow(/no such action/);
    expect(() => lab.play(yaml('{ do: start, vmid: 101, vmdi: 3 }'))).toThrow(/nobody reads vmdi/);
    expect(() => lab.play(yaml('{ at: soon, do: start, vmid: 101 }'))).toThrow(/steps\[0\].at is a time/);
    expect(() => lab.play('no-such-scenario')).toThrow(/quiet-hour/);
  });
});
