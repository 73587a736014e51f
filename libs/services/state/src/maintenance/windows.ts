import type { KeyValue } from '@proxmox-mcp/bus';
import { MaintenanceWindow } from '@proxmox-mcp/schemas';
import type { Stretch } from './calendar.ts';

/** When a window ends or ended, in milliseconds. */
export function endOf({ until, closedAt }: MaintenanceWindow): number {
  return Math.min(Date.parse(until), closedAt === undefined ? Infinity : Date.parse(closedAt));
}

export function isOver(window: MaintenanceWindow, now: number): boolean {
  return endOf(window) <= now;
}

/** The windows: what the MAINTENANCE key-value holds, and a copy of it. One writer. */
export interface Windows {
  /** Reads what the key-value holds. */
  load(): Promise<void>;
  /** Those that are not forgotten yet, the one that ends last first. */
  all(): readonly MaintenanceWindow[];
  /** Those that have begun and are not over, in the same order. Asked for every incident: it costs nothing between two changes. */
  underWay(now: number): readonly MaintenanceWindow[];
  get(id: string): MaintenanceWindow | undefined;
  /** Stores it before it counts. */
  put(window: MaintenanceWindow): Promise<void>;
  /** Forgets what has been over for long. */
  prune(now: number): Promise<void>;
}

/** How long one is remembered after its end: its report is looked for on Monday. */
const KEEP_MS = 7 * 86_400_000;
/** Ended ones remembered: HA may move a node in and out a hundred times. */
const KEEP_ENDED = 500;

/** Makes them over the bucket. */
export function createWindows(kv: KeyValue): Windows {
  const held = new Map<string, MaintenanceWindow>();
  let sorted: readonly MaintenanceWindow[] | undefined;
  /** What is under way from one moment until another, when a window begins or ends. */
  let current: (Stretch & { readonly windows: readonly MaintenanceWindow[] }) | undefined;

  function changed(): void {
    sorted = undefined;
    current = undefined;
  }

  function all(): readonly MaintenanceWindow[] {
    sorted ??= [...held.values()].sort((a, b) => endOf(b) - endOf(a) || (a.id < b.id ? -1 : 1));
    return sorted;
  }

  return {
    all,
    async load() {
      held.clear();
      changed();
      for (const { key, value } of await kv.list()) {
        // What a newer release wrote is not ours to judge, and not ours to throw away.
        const { data } = MaintenanceWindow.safeParse(JSON.parse(value));
        if (data !== undefined) held.set(key, data);
      }
    },
    underWay(now) {
      if (current === undefined || now < current.from || now >= current.until) {
        const times = all().map((window) => ({
          window,
          from: Date.parse(window.from),
          until: endOf(window),
        }));
        const later = times.flatMap(({ from, until }) => [from, until]).filter((at) => at > now);
        current = {
          from: now,
          until: Math.min(...later, Infinity),
          windows: times.filter(({ from, until }) => from <= now && now < until).map(({ window }) => window),
        };
      }
      return current.windows;
    },
    get: (id) => held.get(id),
    async put(window) {
      await kv.put(window.id, JSON.stringify(window));
      held.set(window.id, window);
      changed();
    },
    async prune(now) {
      const ended = [...held.values()].filter((window) => isOver(window, now));
      const old = ended
        .sort((a, b) => endOf(b) - endOf(a))
        .filter((window, index) => index >= KEEP_ENDED || endOf(window) < now - KEEP_MS);
      for (const { id } of old) {
        await kv.delete(id);
        held.delete(id);
      }
      changed();
    },
  };
}
