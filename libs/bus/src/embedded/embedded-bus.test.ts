import { type Fact, filters, type Subject } from '@proxmox-mcp/schemas';
import { createEmbeddedBus } from './embedded-bus.ts';
import { openTestBus } from '../testing/index.ts';
import { join } from 'node:path';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';

// The bus carries any JSON; these tests need no real fact.
const subject = (text: string) => text as Subject<unknown>;
const fact = (n: number) => ({ n }) as unknown as Fact;

describe('the embedded bus', () => {
  it('delivers what was published, across a restart, once', async () => {
    const t = await openTestBus();
    const seen: number[] = [];
    const first = Promise.withResolvers<void>();
    await t.bus.publish(subject('facts.a'), fact(1), { id: 'one' });
    await t.bus.consume({ durable: 'd', filters: [filters.allFacts] }, (m) => {
      seen.push(m.seq);
      first.resolve();
    });
    await first.promise;
    const bus = await t.reopen();
    const again = await bus.publish(subject('facts.a'), fact(1), { id: 'one' });
    expect(again).toEqual({ seq: 1, duplicate: true });
    const second = Promise.withResolvers<void>();
    await bus.consume({ durable: 'd', filters: [filters.allFacts] }, (m) => {
      seen.push(m.seq);
      second.resolve();
    });
    await bus.publish(subject('facts.a'), fact(2));
    await second.promise;
    expect(seen).toEqual([1, 2]);
    await t.close();
  });

  it('refuses a second bus on the same file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'proxmox-mcp-bus-'));
    const file = join(folder, 'bus.sqlite');
    const bus = await createEmbeddedBus({ file });
    await expect(createEmbeddedBus({ file })).rejects.toThrow(/another process has it open/);
    await bus.close();
    const next = await createEmbeddedBus({ file });
    await next.close();
    await rm(folder, { recursive: true });
  });
});
