import type { Bus, Consumer, KvChange } from '@proxmox-mcp/bus';
import {
  ChannelState,
  DatastoreState,
  GuestState,
  Incident,
  JobState,
  MaintenanceWindow,
  NodeState,
  SourceState,
  StorageState,
} from '@proxmox-mcp/schemas';
import type * as z from 'zod';

const SCHEMAS = {
  nodes: NodeState,
  guests: GuestState,
  storages: StorageState,
  datastores: DatastoreState,
  jobs: JobState,
  sources: SourceState,
  channels: ChannelState,
  incidents: Incident,
  maintenance: MaintenanceWindow,
} as const;
/** Tables of the mirror: the first token of a STATE key, the incidents and the maintenance windows. */
export type Table = keyof typeof SCHEMAS;
type Row<T extends Table> = z.infer<(typeof SCHEMAS)[T]>;

/** One row that came, went or changed. */
export type MirrorChange = {
  [T in Table]: {
    readonly table: T;
    readonly key: string;
    readonly before: Row<T> | undefined;
    readonly after: Row<T> | undefined;
  };
}[Table];
export type MirrorListener = (change: MirrorChange) => void;

/** Rows kept per table. Beyond it new rows are dropped and counted: a fleet this big needs a bigger gateway. */
const MAX_ROWS = 200_000;

/**
 * The live picture in memory: follows the STATE, INCIDENTS and MAINTENANCE key-values, so that a read tool asks nobody. Unreadable
 * rows are left out and reported through `onDropped`.
 */
export class Mirror {
  readonly #tables: { readonly [T in Table]: Map<string, Row<T>> } = {
    nodes: new Map(),
    guests: new Map(),
    storages: new Map(),
    datastores: new Map(),
    jobs: new Map(),
    sources: new Map(),
    channels: new Map(),
    incidents: new Map(),
    maintenance: new Map(),
  };
  readonly #listeners = new Set<MirrorListener>();
  readonly #onDropped: (reason: 'invalid' | 'full') => void;
  #watchers: Consumer[] = [];

  constructor(onDropped: (reason: 'invalid' | 'full') => void) {
    this.#onDropped = onDropped;
  }

  /** Resolves when the present rows are in. */
  async start(bus: Bus): Promise<void> {
    const state = await bus.kv('STATE');
    const incidents = await bus.kv('INCIDENTS');
    const maintenance = await bus.kv('MAINTENANCE');
    this.#watchers = await Promise.all([
      state.watch(undefined, (change) => this.#onState(change)),
      incidents.watch(undefined, (change) => this.#apply('incidents', change)),
      maintenance.watch(undefined, (change) => this.#apply('maintenance', change)),
    ]);
  }

  async stop(): Promise<void> {
    const watchers = this.#watchers;
    this.#watchers = [];
    await Promise.all(watchers.map((watcher) => watcher.stop()));
  }

  /** Rows of a table, in order of their keys' arrival. */
  rows<T extends Table>(table: T): Row<T>[] {
    return [...this.#tables[table].values()];
  }

  /** One incident by id. */
  incident(id: string): Incident | undefined {
    return this.#tables.incidents.get(id);
  }

  /** Calls back after every change. @returns the way to end it. */
  onChange(listener: MirrorListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #onState(change: KvChange): void {
    const table = change.key.split('.', 1)[0] ?? '';
    if (isStateTable(table)) this.#apply(table, change);
  }

  #apply<T extends Table>(table: T, { key, value }: KvChange): void {
    const rows: Map<string, Row<T>> = this.#tables[table];
    const before = rows.get(key);
    const after = value === undefined ? undefined : this.#read(table, value);
    if (value !== undefined && after === undefined) return;
    if (after === undefined) rows.delete(key);
    else if (before === undefined && rows.size >= MAX_ROWS) return this.#onDropped('full');
    else rows.set(key, after);
    // Table and rows belong together by T; the union does not know.
    const change = { table, key, before, after } as MirrorChange;
    for (const listener of this.#listeners) listener(change);
  }

  #read<T extends Table>(table: T, value: string): Row<T> | undefined {
    try {
      // Indexing a const object by a type parameter loses the link between schema and row; SCHEMAS[table] makes Row<T>.
      return SCHEMAS[table].parse(JSON.parse(value)) as Row<T>;
    } catch {
      this.#onDropped('invalid');
      return undefined;
    }
  }
}

/** Tables with a bucket of their own. */
type OwnBucket = 'incidents' | 'maintenance';

function isStateTable(table: string): table is Exclude<Table, OwnBucket> {
  return table in SCHEMAS && table !== 'incidents' && table !== 'maintenance';
}
