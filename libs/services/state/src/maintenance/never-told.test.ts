import { openTestBus, type TestBus } from '@proxmox-mcp/bus/testing';
import type { Incident, MaintenanceCommand } from '@proxmox-mcp/schemas';
import fc from 'fast-check';
import { maintenance } from '../incidents/explain/maintenance.ts';
import { nodeIsOffline, nodeIsOnline } from '../rules/node-offline/rule.ts';
import { openTestIngest } from '../testing/open-ingest.ts';
import { MaintenanceYaml } from './file.ts';
import { createKeeper } from './keeper.ts';
import { createWindows, endOf, type Windows } from './windows.ts';

const START = Date.parse('2026-03-14T01:00:00Z');
const MINUTE = 60_000;
const NODES = ['pve1', 'pve2', 'pve3'];

/** What may happen, and how many seconds after what happened before. */
type Step = { readonly afterS: number } & (
  | { readonly kind: 'fail' | 'recover'; readonly node: string }
  | {
      readonly kind: 'open';
      readonly node: string | undefined;
      readonly inMin: number;
      readonly forMin: number;
    }
  | { readonly kind: 'close' | 'extend'; readonly which: number }
  | { readonly kind: 'restart' }
);

const afterS = fc.integer({ min: 1, max: 600 });
const node = fc.constantFrom(...NODES);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('fail' as const, 'recover' as const), node, afterS }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('open' as const),
      node: fc.option(node, { nil: undefined }),
      inMin: fc.integer({ min: 0, max: 10 }),
      forMin: fc.integer({ min: 1, max: 40 }),
      afterS,
    }),
  },
  fc.record({ kind: fc.constantFrom('close' as const, 'extend' as const), which: fc.nat(5), afterS }),
  fc.record({ kind: fc.constant('restart' as const), afterS }),
);

describe('what happens within a window', () => {
  let bus: TestBus;
  beforeAll(async () => {
    bus = await openTestBus();
  });
  afterAll(() => bus.close());

  /** Plays the steps with a real history and a real key-value, which must be empty. */
  async function play(steps: readonly Step[]) {
    const kv = await bus.bus.kv('MAINTENANCE');
    for (const { key } of await kv.list()) await kv.delete(key);
    const failing = new Set<string>();
    let now = START;
    let windows: Windows = createWindows(kv);
    const t = openTestIngest({
      now: () => now,
      explainers: [maintenance({ windowsAt: (at) => windows.underWay(at), guestAt: () => undefined })],
    });
    const makeKeeper = async () => {
      windows = createWindows(kv);
      const keeper = createKeeper({
        windows,
        file: MaintenanceYaml.parse({}),
        picture: { *of() {} },
        bus: bus.bus,
        state: await bus.bus.kv('STATE'),
        now: () => now,
        incidents: t.incidents,
        onBegun: () => Promise.resolve(t.run(() => t.follower.reconsider())),
      });
      await keeper.start();
      return keeper;
    };
    let keeper = await makeKeeper();
    const tick = async () => {
      await keeper.tick();
      if (t.follower.isDue()) t.run(() => t.follower.tick());
    };
    const act = async (given: Step) => {
      const at = new Date(now).toISOString();
      const ordered = (command: Omit<MaintenanceCommand, 'by'>) => keeper.answer({ by: 'ada', ...command });
      switch (given.kind) {
        case 'fail':
          failing.add(given.node);
          return t.run(() =>
            t.follower.trouble(nodeIsOffline({ cluster: 'atlas', node: given.node, product: 'pve', at })),
          );
        case 'recover':
          failing.delete(given.node);
          return t.run(() => t.follower.recovery(nodeIsOnline({ cluster: 'atlas', node: given.node, at })));
        case 'open': {
          const from = now + given.inMin * MINUTE;
          return ordered({
            op: 'open',
            match: given.node === undefined ? {} : { node: given.node },
            from: new Date(from).toISOString(),
            until: new Date(from + given.forMin * MINUTE).toISOString(),
            reason: 'patches',
          });
        }
        case 'close':
        case 'extend': {
          const id = windows.all()[given.which]?.id;
          const until = new Date(now + 30 * MINUTE).toISOString();
          return id && ordered({ op: given.kind, id, ...(given.kind === 'extend' ? { until } : {}) });
        }
        case 'restart':
          keeper = await makeKeeper();
      }
    };
    try {
      for (const each of steps) {
        const next = now + each.afterS * 1_000;
        for (; now + MINUTE < next; now += MINUTE) await tick();
        now = next;
        await tick();
        await act(each);
      }
      for (const end = now + 120 * MINUTE; now < end; now += MINUTE) await tick();
      const told = t
        .told()
        .filter(({ subject }) => subject.startsWith('incidents.'))
        .map(({ body }) => body as Incident); // of the subjects of incidents
      return { told, incidents: t.allIncidents(), failing, windows: windows.all() };
    } finally {
      t.close();
    }
  }

  it('is never told before its end, and never lost after it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 14 }), async (steps) => {
        const { told, incidents, failing, windows } = await play(steps);
        const visible = told.filter(({ status }) => status === 'open');
        for (const { updatedAt, node } of visible) {
          const at = Date.parse(updatedAt);
          const covering = windows.filter(
            (window) =>
              (window.match.node === undefined || window.match.node === node) &&
              Date.parse(window.from) < at &&
              at < endOf(window),
          );
          expect(covering).toEqual([]);
        }
        const open = incidents.filter(({ status }) => status !== 'resolved');
        expect(open.map(({ node }) => node).sort()).toEqual([...failing].sort());
        expect(open.map(({ status }) => status)).toEqual(open.map(() => 'open'));
        for (const { id } of open) expect(visible.map((each) => each.id)).toContain(id);
        const silent = windows.filter((window) => endOf(window) > Date.parse(window.from) && !window.report);
        expect(silent).toEqual([]);
      }),
      { numRuns: 60 },
    );
  }, 120_000);
});
