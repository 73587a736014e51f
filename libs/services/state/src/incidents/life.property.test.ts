import fc from 'fast-check';
import type { Incident } from '@proxmox-mcp/schemas';
import { guestRow, nodeRow, openLab, type Lab } from '../testing/open-lab.ts';
import { epoch, nightlyBackup, sampleEvent } from '../testing/sample-events.ts';

/** Guests, and where they are. */
const GUESTS = [
  [101, 'pve1'],
  [102, 'pve2'],
  [103, 'pve2'],
] as const;
const NODES = ['pve1', 'pve2', 'pve3'] as const;

const vmid = fc.constantFrom(...GUESTS);
const node = fc.constantFrom(...NODES);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pass'), seconds: fc.integer({ min: 1, max: 400 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('guest'),
      of: vmid,
      status: fc.constantFrom('running', 'stopped', 'unknown'),
      lock: fc.constantFrom(undefined, undefined, 'backup'),
    }),
  },
  fc.record({ do: fc.constant('node'), node, status: fc.constantFrom('online', 'offline') }),
  fc.record({ do: fc.constant('reach'), isReached: fc.boolean() }),
  fc.record({ do: fc.constant('quorum'), isLost: fc.boolean() }),
  fc.record({
    do: fc.constant('task'),
    of: vmid,
    what: fc.constantFrom(
      'stop.succeeded',
      'shutdown.failed',
      'reboot.started',
      'migrate.succeeded',
      'destroy.succeeded',
    ),
  }),
  fc.record({ do: fc.constant('backup'), isOk: fc.boolean() }),
  fc.record({ do: fc.constant('restart') }),
  fc.record({
    do: fc.constant('command'),
    op: fc.constantFrom('acknowledge', 'resolve', 'comment', 'merge', 'snooze'),
    pick: fc.nat(5),
    into: fc.nat(5),
  }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

async function take(lab: Lab, one: Step): Promise<void> {
  const second = lab.second();
  switch (one.do) {
    case 'pass':
      return lab.pass(one.seconds);
    case 'guest': {
      const lock = one.lock === undefined ? {} : { lock: one.lock };
      return lab.put(guestRow(one.of[0], { node: one.of[1], status: one.status, ...lock }));
    }
    case 'node':
      return lab.put(nodeRow(one.node, one.status));
    case 'reach':
      return lab.reach(one.isReached);
    case 'quorum':
      return lab.hear(
        sampleEvent({ type: `cluster.quorum.${one.isLost ? 'lost' : 'regained'}`, node: 'pve1', second }),
      );
    case 'task': {
      const [of, on] = one.of;
      const upid = `UPID:${on}:0003A1F2:0A5C11D3:${(epoch(second) % 4_294_967_296).toString(16).toUpperCase()}:qm${one.what}:${of}:a@pve:`;
      const facts = { user: 'a@pve', starttime: epoch(second) };
      return lab.hear(
        sampleEvent({
          type: `guest.${one.what}`,
          node: on,
          guest: { kind: 'qemu', vmid: of },
          upid,
          second,
          facts,
        }),
      );
    }
    case 'backup': {
      const upid = `UPID:pve1:0003A1F2:0A5C11D3:${epoch(second).toString(16).toUpperCase()}:vzdump::root@pam:`;
      const outcome = one.isOk ? { failed: [], ok: [101, 102] } : { failed: [102], ok: [101] };
      return lab.hear(...nightlyBackup({ from: second, upid, ...outcome }));
    }
    case 'restart':
      return lab.restart();
    case 'command': {
      const all = lab.incidents();
      const [id, into] = [all[one.pick]?.id, all[one.into]?.id];
      if (id === undefined || into === undefined) return;
      const until = new Date(Date.parse('2026-03-14T01:00:00Z') + (second + 600) * 1_000).toISOString();
      lab.command({ id, into, op: one.op, note: 'because', until });
    }
  }
}

/** What the schema promises of every incident, whatever happened. */
function expectSound(incident: Incident): void {
  expect(incident.suppression !== undefined).toBe(incident.status === 'suppressed');
  expect(incident.staleSince !== undefined).toBe(incident.status === 'stale');
  expect(incident.resolvedAt !== undefined).toBe(incident.status === 'resolved');
}

/** Of each incident: opened once and first, and never over more often than it began. */
function expectTold(lab: Lab): void {
  const isOver = new Map<string, boolean>();
  for (const { word, incident } of lab.told()) {
    const before = isOver.get(incident.id);
    expectSound(incident);
    expect(word === 'opened').toBe(before === undefined);
    if (word === 'resolved') expect(before).toBe(false);
    isOver.set(incident.id, word === 'resolved');
  }
}

const isOpenIn = (lab: Lab, condition: RegExp) =>
  lab.incidents().filter((one) => one.status !== 'resolved' && condition.test(one.condition));

it('whatever happens: tells in order, ends nothing by silence, leaves nothing open that is well, and still hears what comes next', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      const lab = await openLab();
      try {
        const heal = () => {
          lab.reach(true);
          for (const name of NODES) lab.put(nodeRow(name));
          for (const [id, on] of GUESTS) lab.put(guestRow(id, { node: on }));
        };
        heal();
        await lab.pass(30);
        for (const one of steps) await take(lab, one);
        expectTold(lab);

        // What was last seen has its time to be told; then there is silence.
        lab.reach(false);
        await lab.pass(100);
        const ended = lab.incidents().filter(({ status }) => status === 'resolved').length;
        const flapping = isOpenIn(lab, /./).filter(({ status }) => status === 'flapping').length;
        await lab.pass(2_300);
        const now = lab.incidents().filter(({ status }) => status === 'resolved').length;
        expect(now - ended).toBeLessThanOrEqual(flapping);

        heal();
        await lab.hear(sampleEvent({ type: 'cluster.quorum.regained', node: 'pve1', second: lab.second() }));
        await lab.restart();
        await lab.pass(2_400);
        expect(isOpenIn(lab, /^(?:guest|node)\.state\.|^cluster\./)).toEqual([]);

        await lab.pass(3_600);
        lab.put(guestRow(103, { node: 'pve2', status: 'stopped' }));
        await lab.pass(120);
        expect(isOpenIn(lab, /^guest\.state/)).toMatchObject([{ status: 'open', guest: { vmid: 103 } }]);
        expectTold(lab);
      } finally {
        lab.close();
      }
    }),
    { numRuns: 40 },
  );
}, 120_000);

it('opens one incident by ten thousand identical looks, the service restarted again and again', async () => {
  const lab = await openLab();
  try {
    lab.put(nodeRow('pve1'), nodeRow('pve2', 'offline'), guestRow(101));
    await lab.pass(20);
    lab.put(guestRow(101, { status: 'stopped' }));
    for (let look = 0; look < 10_000; look += 500) {
      await lab.pass(5_000);
      await lab.restart();
    }
    const opened = lab.told().filter(({ word }) => word === 'opened');
    expect(opened.map(({ incident }) => incident.condition)).toEqual([
      'node.state.offline',
      'guest.state.stopped',
    ]);
    expect(lab.told()).toHaveLength(2);
  } finally {
    lab.close();
  }
}, 120_000);
