import { WrongRevision } from '@proxmox-mcp/bus';
import { openTestBus, type TestBus } from '@proxmox-mcp/bus/testing';
import type { EventDraft } from '@proxmox-mcp/schemas';
import { createCursor } from './cursor.ts';
import { openJournal } from './journal.ts';

interface Counter {
  readonly count: number;
}
const draft = (identity: string): EventDraft => ({
  type: 'task.started',
  severity: 'info',
  product: 'pve',
  facts: {},
  identity,
});

let t: TestBus;
beforeEach(async () => (t = await openTestBus()));
afterEach(() => t.close());

/** A journal on the same place, as each new process opens one. */
async function open(told: string[], options: { readonly dies?: boolean } = {}) {
  const cursor = createCursor(await t.bus.kv('CURSORS'), 'atlas', 'tasks');
  return openJournal<Counter>({
    cursor,
    initial: { count: 0 },
    now: () => 1_000,
    publish: (drafts, at) => {
      if (options.dies) return Promise.reject(new Error('killed'));
      told.push(...drafts.map((d) => `${d.identity} ${at}`));
      return Promise.resolve();
    },
  });
}
const add = (memory: Counter) => ({
  next: { count: memory.count + 1 },
  drafts: [draft(`n${memory.count + 1}`)],
});

describe('a journal', () => {
  it('continues where the last one stopped', async () => {
    const told: string[] = [];
    await (await open(told)).apply(add);
    const second = await open(told);
    await second.apply(add);
    expect(second.memory).toEqual({ count: 2 });
    expect(told).toEqual(['n1 1000', 'n2 1000']);
  });

  it('tells after a kill what it had saved and not yet told, with the time it had then', async () => {
    const told: string[] = [];
    await expect((await open(told, { dies: true })).apply(add)).rejects.toThrow('killed');
    const second = await open(told);
    expect(told).toEqual(['n1 1000']);
    expect(second.memory).toEqual({ count: 1 });
  });

  it('changes one at a time, each seeing what the one before left', async () => {
    const told: string[] = [];
    const journal = await open(told);
    await Promise.all([journal.apply(add), journal.apply(add), journal.apply(add)]);
    expect(told).toEqual(['n1 1000', 'n2 1000', 'n3 1000']);
  });

  it('tells nothing once another replica has written', async () => {
    const told: string[] = [];
    const first = await open(told);
    await first.apply(add);
    await (await open(told)).apply(add);
    await expect(first.apply(add)).rejects.toThrow(WrongRevision);
    expect(told).toEqual(['n1 1000', 'n2 1000']);
  });

  it('begins anew where what was saved cannot be read', async () => {
    await (await t.bus.kv('CURSORS')).put('websocket.atlas.tasks', 'gzip:nonsense');
    expect((await open([])).memory).toEqual({ count: 0 });
  });
});

describe('a cursor', () => {
  it('holds the essentials of ten thousand guests', async () => {
    const kv = await t.bus.kv('CURSORS');
    const guests = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, i) => [
        i,
        { kind: 'qemu', node: `pve${i % 30}`, status: 'running', name: `guest-${i}`, uptime: i * 7 },
      ]),
    );
    expect(await createCursor(kv, 'atlas', 'resources').save({ guests })).toBe(true);
    expect(await createCursor(kv, 'atlas', 'resources').load()).toEqual({ guests });
  });
});
