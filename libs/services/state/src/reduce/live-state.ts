import type { KeyValue } from '@proxmox-mcp/bus';
import {
  SourceState,
  rowKey,
  stateKeys,
  type Event,
  type GuestRef,
  type GuestState,
  type Observation,
  type ObservedRow,
} from '@proxmox-mcp/schemas';
import { goneFromList, type Gone } from '../incidents/gone.ts';
import type { Recovery, Trouble } from '../incidents/trouble.ts';
import { objectOfEntry } from '../rules/object-of.ts';
import { nodeIsOffline, nodeIsOnline } from '../rules/node-offline/rule.ts';
import type { Labels } from '../rules/read-fact.ts';
import type { Entries, EntryKind, Picture } from '../rules/rule.ts';
import { storageIsUnavailable } from '../rules/storage-unavailable/rule.ts';
import { applyEvent } from './apply-event.ts';
import { fold, isWorthWriting, keyOf, type Entry } from './entry.ts';
import { isSuspicious } from './missing-rows.ts';
import { foldStorage, type Changes } from './storage.ts';

/** What a change of the live picture means for incidents. */
export interface Seen {
  readonly troubles: readonly Trouble[];
  readonly recoveries: readonly Recovery[];
  /** Objects that a whole list lacks. */
  readonly gone: readonly Gone[];
}

/** The live picture: the STATE key-value and a copy of it. One writer; calls must not overlap. */
export interface LiveState {
  /** Reads what the key-value holds. */
  load(): Promise<void>;
  /**
   * Folds a poll, and answers the entries that it told of. `onSeen` runs before anything is written, and again before what is gone is
   * deleted, so that a crash between the two repeats both.
   */
  observe(observation: Observation, onSeen: (seen: Seen) => Promise<void>): Promise<readonly Entry[]>;
  /** The copy, for the rules. */
  readonly picture: Picture;
  /** Folds what an event knows sooner than the next poll. */
  applyEvent(event: Event): Promise<void>;
  /** Cluster of a node, where exactly one is known to have it. */
  clusterOf(node: string, product: Event['product']): string | undefined;
  /** What polling knows of a guest, where exactly one cluster is known to have it. */
  guestOf(cluster: string | undefined, vmid: number): GuestRef | undefined;
  /** Its entry. */
  guestAt(cluster: string | undefined, vmid: number): GuestState | undefined;
  /** Tags and pool of a guest, for rules and routes. */
  labelsOf(cluster: string | undefined, vmid: number): Labels;
  /** Whether the node was seen online after the time. */
  wasOnlineAfter(cluster: string | undefined, node: string, at: string): boolean;
  /** Entries of the copy, for metrics. */
  size(): number;
}

const PREFIXES = ['nodes', 'guests', 'storages', 'datastores', 'jobs'];

/** A list that stays as short as it suddenly became is believed after this long. */
const BELIEVE_AFTER_MS = 24 * 3_600_000;

/** Parts of one poll being collected; a source that never finishes is forgotten when it begins the next. */
interface Collecting {
  readonly at: string;
  readonly parts: Set<number>;
  readonly rows: Set<string>;
}

/** Makes the live picture over the STATE bucket. */
export function createLiveState(kv: KeyValue): LiveState {
  const entries = new Map<string, Entry>();
  /** What was last written, by key: metrics move in `entries` without being written every time. */
  const written = new Map<string, Entry>();
  /** `entries` by kind. */
  const kinds = new Map<EntryKind, Map<string, Entry>>();
  /** The nodes among `entries`: asked for every event without a cluster. */
  const nodes = new Map<string, Entry & { kind: 'node' }>();
  const collecting = new Map<string, Collecting>();
  const shortSince = new Map<string, string>();
  const lookup = (key: string) => entries.get(key);

  async function write(changes: Changes): Promise<void> {
    for (const [key, entry] of changes) {
      if (entry === undefined) {
        if (!entries.has(key)) continue;
        await kv.delete(key);
        kinds.get(entries.get(key)?.kind ?? 'node')?.delete(key);
        entries.delete(key);
        nodes.delete(key);
        written.delete(key);
        continue;
      }
      if (isWorthWriting(written.get(key), entry)) {
        await kv.put(key, JSON.stringify(entry));
        written.set(key, entry);
      }
      keep(key, entry);
    }
  }

  function keep(key: string, entry: Entry): void {
    entries.set(key, entry);
    const same = kinds.get(entry.kind) ?? new Map<string, Entry>();
    kinds.set(entry.kind, same.set(key, entry));
    if (entry.kind === 'node') nodes.set(key, entry);
  }

  /** Asked for reports without a cluster only: the clusters are few. */
  function onlyGuest(vmid: number): Entry | undefined {
    const clusters = new Set([...nodes.values()].map((node) => node.cluster));
    const found = [...clusters].map((cluster) => entries.get(stateKeys.guest(cluster, vmid)));
    const guests = found.filter((entry) => entry !== undefined);
    return guests.length === 1 ? guests[0] : undefined;
  }

  function guestAt(cluster: string | undefined, vmid: number): GuestState | undefined {
    const guest = cluster === undefined ? onlyGuest(vmid) : entries.get(stateKeys.guest(cluster, vmid));
    return guest?.kind === 'guest' ? guest : undefined;
  }

  function foldRows(observation: Observation): Changes {
    const changes: Changes = new Map();
    for (const row of availableFirst(observation.rows)) {
      const now = (key: string) => (changes.has(key) ? changes.get(key) : entries.get(key));
      const key = keyOf(row, observation.cluster);
      const before = now(key);
      // A poll that was overtaken, or an event that knew sooner.
      if (before !== undefined && before.observedAt > observation.at) continue;
      if (row.kind === 'storage') for (const [k, v] of foldStorage(row, observation, now)) changes.set(k, v);
      else changes.set(key, fold(before, row, observation));
    }
    return changes;
  }

  /** Keys of rows that are not there any more; the suspicious ones stay. */
  function goneIn(observation: Observation): { gone: string[]; short: ObservedRow['kind'][] } {
    if (!observation.full) return { gone: removedKeys(observation), short: [] };
    const seen = collect(observation);
    if (seen === undefined) return { gone: [], short: [] };
    const gone: string[] = [];
    const short: ObservedRow['kind'][] = [];
    for (const kind of observation.covers) {
      const had = [...entries].filter(
        ([, entry]) => entry.source === observation.source && entry.kind === kind,
      );
      const missing = had.filter(([, entry]) => !seen.has(rowKey(entry)));
      const mark = `${observation.source}/${kind}`;
      if (!isSuspicious({ kind, had: had.length, missing: missing.length })) {
        shortSince.delete(mark);
        gone.push(...missing.map(([key]) => key));
        continue;
      }
      const since = shortSince.get(mark) ?? observation.at;
      shortSince.set(mark, since);
      if (Date.parse(observation.at) - Date.parse(since) >= BELIEVE_AFTER_MS)
        gone.push(...missing.map(([key]) => key));
      else short.push(kind);
    }
    return { gone, short };
  }

  function removedKeys({ source, removed }: Observation): string[] {
    const rows = new Set(removed);
    if (rows.size === 0) return [];
    return [...entries]
      .filter(([, entry]) => entry.source === source && rows.has(rowKey(entry)))
      .map(([key]) => key);
  }

  /** A shared storage that one node does not list any more is still there. */
  function objectsGone(keys: readonly string[], at: string): Gone[] {
    const deleted = new Set(keys);
    const shared = new Set<string>();
    for (const [key, entry] of kinds.get('storage') ?? [])
      if (!deleted.has(key)) shared.add(`${entry.cluster}|${objectOfEntry(entry).object}`);
    return keys
      .map((key) => entries.get(key))
      .filter((entry) => entry !== undefined)
      .map((entry) => goneFromList(entry, at))
      .filter(({ cluster, object }) => !shared.has(`${cluster}|${object}`));
  }

  /** @returns every row key of the poll once its last part is here. */
  function collect({ source, at, part, parts, rows }: Observation): Set<string> | undefined {
    const before = collecting.get(source);
    const current = before?.at === at ? before : { at, parts: new Set<number>(), rows: new Set<string>() };
    collecting.set(source, current);
    current.parts.add(part);
    for (const row of rows) current.rows.add(rowKey(row));
    if (current.parts.size < parts) return undefined;
    collecting.delete(source);
    return current.rows;
  }

  /** The ingestor owns its source's entry; this adds what only a comparison with the past can show. */
  async function markShort(
    { source, product, cluster, at }: Observation,
    kinds: readonly string[],
  ): Promise<void> {
    const key = stateKeys.source(source);
    const stored = await kv.get(key);
    const known = stored && SourceState.safeParse(JSON.parse(stored.value)).data;
    const others = (known?.degraded ?? []).filter((degradation) => degradation.reason !== 'shrunken');
    if (known !== undefined && kinds.length === 0 && others.length === known.degraded.length) return;
    if (known === undefined && kinds.length === 0) return;
    const degraded = kinds.map((kind) => ({
      reason: 'shrunken',
      detail: `the list of ${kind}s suddenly lacks most of what it had; what was known is kept`,
      fix: 'check the token: pveum user permissions; without privileges Proxmox answers an empty list',
      since: shortSince.get(`${source}/${kind}`) ?? at,
    }));
    const all = [...others, ...degraded];
    const base: SourceState = known ?? {
      name: source,
      service: 'state',
      product,
      cluster,
      status: 'ok',
      degraded: [],
      at,
    };
    const status =
      all.length > 0 && base.status === 'ok'
        ? 'degraded'
        : all.length === 0 && base.status === 'degraded'
          ? 'ok'
          : base.status;
    await kv.put(key, JSON.stringify({ ...base, degraded: all, status }));
  }

  return {
    async load() {
      for (const prefix of PREFIXES)
        for (const { key, value } of await kv.list(prefix)) {
          // Only this service writes under these prefixes.
          const entry = JSON.parse(value) as Entry;
          keep(key, entry);
          written.set(key, entry);
        }
    },
    async observe(observation, onSeen) {
      const changes = foldRows(observation);
      await onSeen(seenIn(observation, changes, lookup));
      await write(changes);
      const { gone, short } = goneIn(observation);
      if (gone.length > 0)
        await onSeen({ troubles: [], recoveries: [], gone: objectsGone(gone, observation.at) });
      await write(new Map(gone.map((key) => [key, undefined])));
      if (observation.full) await markShort(observation, short);
      return [...changes.values()].filter((entry) => entry !== undefined);
    },
    picture: {
      *of(kind, cluster) {
        for (const entry of kinds.get(kind)?.values() ?? [])
          // The map of a kind holds that kind only.
          if (cluster === undefined || entry.cluster === cluster) yield entry as Entries[typeof kind];
      },
    },
    applyEvent: (event) => write(applyEvent(event, lookup)),
    clusterOf(node, product) {
      const clusters = new Set<string>();
      for (const entry of nodes.values())
        if (entry.node === node && entry.product === product) clusters.add(entry.cluster);
      return clusters.size === 1 ? [...clusters][0] : undefined;
    },
    guestAt,
    labelsOf(cluster, vmid) {
      const { tags, pool } = guestAt(cluster, vmid) ?? {};
      return { ...(tags === undefined ? {} : { tags }), ...(pool === undefined ? {} : { pool }) };
    },
    guestOf(cluster, vmid) {
      const guest = guestAt(cluster, vmid);
      if (guest === undefined) return undefined;
      return { kind: guest.guestKind, vmid, ...(guest.name === undefined ? {} : { name: guest.name }) };
    },
    wasOnlineAfter(cluster, node, at) {
      for (const entry of nodes.values())
        if (entry.node === node && (cluster === undefined || entry.cluster === cluster))
          return entry.status === 'online' && entry.observedAt > at;
      return false;
    },
    size: () => entries.size,
  };
}

/** Who reaches a shared storage is known before those who do not: then it is they who see it differently, not the storage that is away. */
function availableFirst(rows: readonly ObservedRow[]): readonly ObservedRow[] {
  const isLost = (row: ObservedRow) => row.kind === 'storage' && row.shared && row.status !== 'available';
  const lost = rows.filter(isLost);
  return lost.length === 0 ? rows : [...rows.filter((row) => !isLost(row)), ...lost];
}

/** Only a change of status, or a first sight, says something: a node that stays offline was told of. */
function seenIn(
  observation: Observation,
  changes: Changes,
  lookup: (key: string) => Entry | undefined,
): Seen {
  const troubles: Trouble[] = [];
  const recoveries: Recovery[] = [];
  for (const [key, after] of changes) {
    const before = lookup(key);
    if (after?.kind === 'node' && after.product === 'pve') {
      if (before?.kind === 'node' && before.status === after.status) continue;
      const at = { cluster: observation.cluster, node: after.node, at: observation.at };
      if (after.status === 'offline')
        troubles.push(nodeIsOffline({ ...at, product: after.product, why: { rule: 'node-offline' } }));
      if (after.status === 'online') recoveries.push(nodeIsOnline(at));
    }
    // Events tell of changes only: what was away before anybody looked is told by the first look.
    const isNewStorage =
      after?.kind === 'storage' &&
      before === undefined &&
      lookup(stateKeys.storage(after.cluster, after.storage)) === undefined;
    if (isNewStorage && after.status !== 'available')
      troubles.push(
        storageIsUnavailable({
          ...after,
          labels: { isLocal: !after.shared, isInUse: false },
          at: observation.at,
        }),
      );
    if (after?.kind === 'storage' && before?.kind === 'storage' && before.status !== after.status)
      recoveries.push(...reached(after, observation.at));
    if (after?.kind === 'job' && after.jobType === 'replication')
      recoveries.push(...replicated(before, after));
  }
  return { troubles, recoveries, gone: [] };
}

/** A node reaches its storage again: the end of what the first look told, should the event of it be lost. */
function reached({ status, storage, node, cluster }: Entry & { kind: 'storage' }, at: string): Recovery[] {
  if (status !== 'available') return [];
  const title = `Storage ${storage} is available on ${node}`;
  return [{ condition: 'storage.state.unavailable', anchor: storage, cluster, title, at, seenBy: [node] }];
}

/** Good replication runs leave no task and send nothing: the job's own numbers are the only news of them. */
function replicated(before: Entry | undefined, after: Entry & { kind: 'job' }): Recovery[] {
  const isSame =
    before?.kind === 'job' && before.lastRun === after.lastRun && before.failCount === after.failCount;
  if (isSame || after.failCount !== 0 || after.lastRun === undefined) return [];
  return [
    {
      condition: 'replication.job',
      anchor: after.jobId,
      cluster: after.cluster,
      title: `Replication ${after.jobId} succeeded`,
      at: new Date(after.lastRun * 1000).toISOString(),
    },
  ];
}
