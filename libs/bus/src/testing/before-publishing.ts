import type { Bus, Outgoing } from '../bus.ts';

/** A bus whose publishers wait for `before`, and fail when it throws: one that is slow, or away for a while. */
export function beforePublishing(bus: Bus, before: () => Promise<void> | void): Bus {
  const guarded: Pick<Bus, 'publish' | 'publishAll'> = {
    async publish(...args: Parameters<Bus['publish']>) {
      await before();
      return bus.publish(...args);
    },
    async publishAll(messages: readonly Outgoing[]) {
      await before();
      return bus.publishAll(messages);
    },
  };
  return new Proxy(bus, {
    get(target, key) {
      if (key in guarded) return Reflect.get(guarded, key) as unknown;
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
