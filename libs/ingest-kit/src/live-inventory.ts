import { InventorySource, type Inventory } from '@proxmox-mcp/schemas';
import type { Bus, Consumer } from '@proxmox-mcp/bus';
import { createHostIndex, type HostIndex } from '@proxmox-mcp/proxmox-events';
import type { Logger, ServiceContext } from '@proxmox-mcp/service-kit';
import { readJson } from './read-json.ts';

/** More sources than any lab has; later ones are not read, so that a broken writer cannot fill the memory. */
const MAX_SOURCES = 1_000;
const PREFIX = 'inventory';

type Hosts = ServiceContext<unknown>['hosts'];

export interface LiveInventoryOptions {
  readonly bus: Bus;
  readonly log: Logger;
  /** What the operator wrote; completes and overrides what is discovered. */
  readonly configured: Inventory;
  /** Configured hosts are known by name before the API has told more of them. */
  readonly hosts: Hosts;
}

/** Which hosts are ours, now. */
export interface LiveInventory {
  /** The index of this moment; a change makes a new one. */
  index(): HostIndex;
  /**
   * Resolves when every configured host has told which nodes it has, or `withinMs` later: until then a host of ours looks like a
   * stranger. Call it after `start`.
   */
  known(withinMs: number): Promise<void>;
  /** Reads what is known and follows changes. Resolves when the present entries are read. */
  start(): Promise<void>;
  /** Safe without start, and twice. */
  stop(): Promise<void>;
}

/** Follows `inventory.<source>` in the STATE key-value, where the poller writes what the API tells. */
export function createLiveInventory(options: LiveInventoryOptions): LiveInventory {
  const { bus, log, configured, hosts } = options;
  const discovered = new Map<string, InventorySource>();
  let index = createHostIndex(mergeSources(configured, hosts, []));
  let watcher: Consumer | undefined;
  /** Whoever waits until the hosts are known. */
  const waiting = new Set<() => void>();

  function onChange(key: string, value: string | undefined): void {
    if (value === undefined) discovered.delete(key);
    else {
      const parsed = InventorySource.safeParse(readJson(value));
      if (!parsed.success || (discovered.size >= MAX_SOURCES && !discovered.has(key))) {
        log.warn({ key }, 'inventory entry not usable, left out');
        return;
      }
      discovered.set(key, parsed.data);
    }
    index = createHostIndex(mergeSources(configured, hosts, [...discovered.values()]));
    if (hosts.every(({ name }) => isKnown(name))) wakeAll();
  }

  function wakeAll(): void {
    for (const wake of waiting) wake();
  }

  const isKnown = (name: string) => (index.bySource(name)?.nodes.length ?? 0) > 0;

  return {
    index: () => index,
    async known(withinMs) {
      if (hosts.every(({ name }) => isKnown(name))) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, withinMs);
      waiting.add(resolve);
      await promise;
      waiting.delete(resolve);
      clearTimeout(timer);
    },
    async start() {
      const state = await bus.kv('STATE');
      watcher = await state.watch(PREFIX, ({ key, value }) => onChange(key, value));
    },
    async stop() {
      const running = watcher;
      watcher = undefined;
      wakeAll();
      await running?.stop();
    },
  };
}

/** One source per id: configured hosts, then what the API told, then what the operator wrote; the later wins where it says something. */
export function mergeSources(
  configured: Inventory,
  hosts: Hosts,
  discovered: readonly InventorySource[],
): InventorySource[] {
  const merged = new Map<string, InventorySource>();
  for (const { name, product, kind } of hosts) {
    merged.set(name, InventorySource.parse({ id: name, product, cluster: kind === 'cluster' ? name : null }));
  }
  for (const source of discovered) merged.set(source.id, source);
  for (const source of configured.sources) {
    const known = merged.get(source.id);
    merged.set(source.id, known === undefined ? source : complete(known, source));
  }
  return [...merged.values()];
}

function complete(known: InventorySource, written: InventorySource): InventorySource {
  const domain = written.domain ?? known.domain;
  const writtenNodes = new Map(written.nodes.map((node) => [node.name, node]));
  return {
    id: known.id,
    product: written.product,
    cluster: written.cluster ?? known.cluster,
    // `UTC` is what the schema puts where nothing was written.
    timezone: written.timezone === 'UTC' ? known.timezone : written.timezone,
    ...(domain === undefined ? {} : { domain }),
    nodes: [
      ...known.nodes.map((node) => ({ ...node, ...writtenNodes.get(node.name) })),
      ...written.nodes.filter(({ name }) => !known.nodes.some((node) => node.name === name)),
    ],
    storages: written.storages.length > 0 ? written.storages : known.storages,
    datastores: written.datastores.length > 0 ? written.datastores : known.datastores,
  };
}
