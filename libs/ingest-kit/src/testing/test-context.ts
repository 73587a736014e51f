import type { Bus } from '@proxmox-mcp/bus';
import { Inventory } from '@proxmox-mcp/schemas';
import { createLog, type Metrics, type ServiceContext } from '@proxmox-mcp/service-kit';

/** Counters of a test, as `name{label=value,…}`. */
export interface CountedMetrics {
  readonly metrics: Metrics;
  readonly counts: ReadonlyMap<string, number>;
}

/** Metrics whose counters can be read. */
export function countMetrics(): CountedMetrics {
  const counts = new Map<string, number>();
  return {
    counts,
    metrics: {
      counter: (name) => ({
        inc(labels = {}, by = 1) {
          const text = Object.entries(labels).map(([label, value]) => `${label}=${value}`);
          const key = `${name}{${text.join(',')}}`;
          counts.set(key, (counts.get(key) ?? 0) + by);
        },
      }),
      gauge: () => ({ set: () => undefined }),
      histogram: () => ({ observe: () => undefined }),
    },
  };
}

/** What a service is created with in tests: silent, without hosts, on a real bus. */
export function testContext<C>(
  config: C,
  bus: Bus,
  more: Partial<ServiceContext<C>> = {},
): ServiceContext<C> {
  return {
    config,
    bus,
    log: createLog('silent'),
    metrics: countMetrics().metrics,
    hosts: [],
    inventory: Inventory.parse({}),
    files: {},
    flood: { perSecond: 200, burst: 5_000 },
    dataDir: '/nonexistent',
    instance: 'test',
    now: Date.now,
    ...more,
  };
}
