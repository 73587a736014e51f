import type { Bus } from '@proxmox-mcp/bus';
import { Inventory } from '@proxmox-mcp/schemas';
import { createLog, type Metrics, type Service } from '@proxmox-mcp/service-kit';
import { NotifierConfig } from '../config.ts';
import { createNotifier, type NotifierOptions } from '../notifier.ts';

/** Starts the whole notifier on a bus, silent, with short waits. */
export async function runNotifier(
  bus: Bus,
  env: Readonly<Record<string, string>>,
  options: NotifierOptions & {
    readonly now?: () => number;
    readonly metrics?: Metrics;
    readonly instance?: string;
    /** What `config/notify.yaml` holds. */
    readonly notify?: unknown;
  } = {},
): Promise<Service> {
  const service = createNotifier(
    {
      config: NotifierConfig.parse({ NOTIFY_GROUP_WAIT: '0', NOTIFY_NODE_GRACE: '0', ...env }),
      bus,
      log: createLog('silent'),
      metrics: options.metrics ?? countMetrics().metrics,
      hosts: [],
      inventory: Inventory.parse({}),
      files: { 'notify.yaml': options.notify ?? {} },
      flood: { perSecond: 200, burst: 5_000 },
      dataDir: '/nonexistent',
      instance: options.instance ?? 'test',
      now: options.now ?? Date.now,
    },
    {
      retry: { baseMs: 5, capMs: 20, giveUpAfterMs: 60_000 },
      agenda: { everyMs: 20, leaseTtlMs: 1_000 },
      ...options,
    },
  );
  await service.start(new AbortController().signal);
  return service;
}

/** Metrics that can be read: counters by name and labels, as `name{channel=gotify,reason=x}`. */
export function countMetrics(): { readonly metrics: Metrics; readonly counts: ReadonlyMap<string, number> } {
  const counts = new Map<string, number>();
  const metrics: Metrics = {
    counter: (name) => ({
      inc(labels = {}, by = 1) {
        const key = `${name}{${Object.entries(labels)
          .map(([label, value]) => `${label}=${value}`)
          .join(',')}}`;
        counts.set(key, (counts.get(key) ?? 0) + by);
      },
    }),
    gauge: () => ({ set: () => undefined }),
    histogram: () => ({ observe: () => undefined }),
  };
  return { metrics, counts };
}

/** Waits until a condition holds, looking every few milliseconds. @throws after `timeoutMs`, with what was seen last. */
export async function until<T>(
  look: () => T | Promise<T>,
  holds: (value: T) => boolean,
  timeoutMs = 10_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await look();
    if (holds(value)) return value;
    if (Date.now() > deadline)
      throw new Error(`not within ${timeoutMs} ms; last seen: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
