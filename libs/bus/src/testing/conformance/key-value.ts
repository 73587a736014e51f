import { type KvChange, WrongRevision } from '../../bus.ts';
import { InvalidMessage } from '../../shared/limits.ts';
import { Collector, type Context } from './context.ts';

/** What key-value buckets promise. */
export function keyValue(context: Context): void {
  describe('key-value', () => {
    it('gives back what was put, and nothing after delete', async () => {
      const kv = await context.bus.kv('STATE');
      const revision = await kv.put('vm.1', 'up');
      expect(await kv.get('vm.1')).toEqual({ key: 'vm.1', value: 'up', revision });
      expect(await kv.put('vm.2', 'down')).toBeGreaterThan(revision);
      await kv.delete('vm.1');
      expect(await kv.get('vm.1')).toBeUndefined();
      expect(await kv.get('vm.never')).toBeUndefined();
      await kv.delete('vm.never');
    });

    it('keeps buckets apart', async () => {
      await (await context.bus.kv('STATE')).put('apart', 'state');
      expect(await (await context.bus.kv('CHANGES')).get('apart')).toBeUndefined();
    });

    it('creates a key only if there is none, also after delete', async () => {
      const kv = await context.bus.kv('LEASES');
      await kv.create('made', '1');
      await expect(kv.create('made', '2')).rejects.toThrow(WrongRevision);
      await kv.delete('made');
      await kv.create('made', '3');
      expect((await kv.get('made'))?.value).toBe('3');
    });

    it('updates a key only at the revision given', async () => {
      const kv = await context.bus.kv('LEASES');
      const first = await kv.put('cas', '1');
      const second = await kv.update('cas', '2', first);
      await expect(kv.update('cas', '3', first)).rejects.toThrow(WrongRevision);
      await expect(kv.update('cas-none', '3', 1)).rejects.toThrow(WrongRevision);
      await expect(kv.update('cas-none', '3', 0)).rejects.toThrow(WrongRevision);
      expect(await kv.get('cas')).toEqual({ key: 'cas', value: '2', revision: second });
    });

    it('counts right when twenty increment at once', async () => {
      const kv = await context.bus.kv('STATE');
      await kv.put('counter', '0');
      const increment = async () => {
        for (;;) {
          const entry = await kv.get('counter');
          try {
            await kv.update('counter', String(Number(entry?.value) + 1), entry?.revision ?? 0);
            return;
          } catch (error) {
            if (!(error instanceof WrongRevision)) throw error;
          }
        }
      };
      await Promise.all(Array.from({ length: 20 }, increment));
      expect((await kv.get('counter'))?.value).toBe('20');
    });

    it('lists what is under a prefix of whole tokens', async () => {
      const kv = await context.bus.kv('INCIDENTS');
      for (const key of ['l.a', 'l.b.c', 'lx.d', 'l']) await kv.put(key, key.toUpperCase());
      await kv.put('l.gone', 'x');
      await kv.delete('l.gone');
      expect((await kv.list('l')).map(({ key, value }) => [key, value])).toEqual([
        ['l.a', 'L.A'],
        ['l.b.c', 'L.B.C'],
      ]);
      expect((await kv.list('l.')).map(({ key }) => key)).toEqual(['l.a', 'l.b.c']);
      expect((await kv.list()).map(({ key }) => key)).toEqual(['l', 'l.a', 'l.b.c', 'lx.d']);
      expect(await kv.list('nothing')).toEqual([]);
    });

    it('shows a watcher what is there, then every change, in order', async () => {
      const kv = await context.bus.kv('DELIVERIES');
      await kv.put('w.1', 'a');
      await kv.put('other.1', 'z');
      await kv.put('w.old', 'x');
      await kv.delete('w.old');
      const seen = new Collector<KvChange>();
      const watcher = await kv.watch('w', (change) => seen.add(change));
      expect(seen.items.map(({ key, value }) => [key, value])).toEqual([['w.1', 'a']]);
      await kv.put('w.2', 'b');
      await kv.put('other.1', 'y');
      await kv.put('w.1', 'c');
      await kv.delete('w.1');
      const changes = await seen.reach(4);
      expect(changes.map(({ key, value }) => [key, value])).toEqual([
        ['w.1', 'a'],
        ['w.2', 'b'],
        ['w.1', 'c'],
        ['w.1', undefined],
      ]);
      const revisions = changes.map(({ revision }) => revision);
      expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
      await watcher.stop();
    });

    it('watches an empty bucket from its first key on', async () => {
      const kv = await context.bus.kv('CURSORS');
      const seen = new Collector<KvChange>();
      const watcher = await kv.watch(undefined, (change) => seen.add(change));
      expect(seen.items).toEqual([]);
      await kv.put('first', '1');
      expect(await seen.reach(1)).toMatchObject([{ key: 'first', value: '1' }]);
      await watcher.stop();
    });

    it('refuses keys and values that one of the drivers could not carry', async () => {
      const kv = await context.bus.kv('STATE');
      for (const key of ['', 'a..b', '.a', 'a.', 'a b', 'ä', 'a*', 'a>']) {
        await expect(kv.put(key, 'x')).rejects.toThrow(InvalidMessage);
      }
      await expect(kv.put('big', 'x'.repeat(1_000_001))).rejects.toThrow(InvalidMessage);
    });
  });
}
