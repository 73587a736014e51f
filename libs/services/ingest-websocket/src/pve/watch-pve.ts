import type { ClusterStatus, Resource } from '@proxmox-mcp/proxmox-client';
import { openJournal } from '../cursor/journal.ts';
import { createAccessWatch } from '../host/access-watch.ts';
import type { WatchOptions } from '../host/host-options.ts';
import { createLanes } from '../pace/lanes.ts';
import { runLoop } from '../pace/loop.ts';
import { createObserver } from '../resources/observer.ts';
import { NO_RESOURCES, isResourceNews } from '../resources/resource-memory.ts';
import { watchResources } from '../resources/resource-watch.ts';
import { observedBackupJobs, observedReplication } from '../resources/rows.ts';
import type { SeenDraft } from '../seen/seen-draft.ts';
import { NOTHING_KNOWN } from '../tasks/task-memory.ts';
import { watchTasks } from '../tasks/task-watch.ts';
import { NO_CLUSTER, foldHa, foldReplication, foldStatus } from './cluster-memory.ts';
import { pveInventory } from './pve-inventory.ts';
import type { PvePort } from './pve-port.ts';

const DISCOVER_MS = 10 * 60_000;
const HA_MS = 30_000;

/** Watches one PVE host or cluster until the signal aborts. Rejects when it cannot go on. */
export async function watchPve(port: PvePort, options: WatchOptions): Promise<void> {
  const { tools, config, cursor } = options;
  const { source, clock, signal, health } = tools;
  const now = () => clock.now();
  const nodes = new Map<string, string>();
  let status: readonly ClusterStatus[] = [];
  let cluster: string | undefined;

  const learnStatus = (rows: readonly ClusterStatus[]) => {
    status = rows;
    for (const row of rows)
      if (row.type === 'node' && !nodes.has(row.name)) nodes.set(row.name, row.online ? 'online' : 'offline');
    const own = rows.find((row) => row.type === 'cluster')?.name;
    const [only] = rows.filter((row) => row.type === 'node');
    name(own ?? (only && `standalone:${only.name}`));
  };
  const learnResources = (rows: readonly Resource[]) => {
    nodes.clear();
    for (const row of rows) if (row.type === 'node') nodes.set(row.node, row.status);
    // Without Sys.Audit nobody tells the cluster's name; the configured one is then the best there is.
    const [only] = nodes.keys();
    if (cluster === undefined) name(nodes.size === 1 && only !== undefined ? `standalone:${only}` : source);
  };
  const name = (known: string | undefined) => {
    if (known === undefined) return;
    cluster = known;
    health.learn({ cluster: known });
  };
  const publish = (drafts: readonly SeenDraft[], at: number) =>
    options.publish(
      drafts.map((draft) => ({ cluster: cluster ?? source, ...draft })),
      at,
    );
  const reachable = () => [...nodes].filter(([, state]) => state !== 'offline').map(([node]) => node);
  const ask = async <T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    await tools.take();
    return call(signal);
  };

  const access = createAccessWatch(
    tools,
    () => ask(port.access),
    ({ version }) => health.learn({ version }),
  );
  const readStatus = async () => {
    const rows = await ask(port.clusterStatus);
    learnStatus(rows);
    await clusterJournal.apply((memory) => foldStatus(memory, rows, now()));
  };
  const readHa = async () => {
    // A single node has no HA; asking it costs a request for nothing.
    if (!status.some((row) => row.type === 'cluster')) return;
    const rows = await ask(port.haStatus);
    await clusterJournal.apply((memory) => foldHa(memory, rows, now()));
  };
  const lanes = createLanes({
    clock,
    onError: (node, error) => tools.nodeError(node, error),
    onSuccess: (node) => health.nodeSucceeded(node),
  });
  const readJobs = async () => {
    const jobs = observedBackupJobs(await ask(port.backupJobs));
    for (const node of reachable()) {
      await lanes.runAndWait(node, async () => {
        const rows = await ask((s) => port.replication(node, s));
        jobs.push(...observedReplication(rows, node));
        await clusterJournal.apply((memory) => foldReplication(memory, node, rows));
      });
    }
    await observer.see('jobs', ['job'], jobs);
  };
  const discover = async () => {
    const [first] = reachable();
    if (status.length === 0 || first === undefined) return;
    const storages = await ask((s) => port.get('/storage', s));
    const time = await ask((s) => port.get(`/nodes/${first}/time`, s));
    await options.discovered(pveInventory(source, status, storages, time));
  };

  const clusterJournal = await openJournal({
    cursor: cursor('cluster'),
    initial: NO_CLUSTER,
    publish,
    now,
  });
  const taskJournal = await openJournal({
    cursor: cursor('tasks'),
    initial: NOTHING_KNOWN,
    publish,
    now,
  });
  const resourceJournal = await openJournal({
    cursor: cursor('resources'),
    initial: NO_RESOURCES,
    publish,
    now,
    isWorthSaving: isResourceNews,
  });
  const observer = createObserver({
    about: () => ({ source, product: 'pve', cluster: cluster ?? source }),
    publish: options.observe,
    now,
  });

  // Who we talk to comes first: its name is on everything that follows.
  await tools.guardUntilAnswered('access', () => access.check());
  await tools.guard('status', readStatus);
  if (nodes.size === 0) await tools.guard('resources', async () => learnResources(await ask(port.resources)));
  const every = (periodMs: number, what: string, turn: () => Promise<void>, delayMs = 0) =>
    runLoop({ clock, signal, periodMs, delayMs }, () => tools.guard(what, turn));
  try {
    await tools.together([
      watchTasks({
        tools,
        port: { ...port, reachableNodes: reachable },
        journal: taskJournal,
        publish,
        listMs: config.WEBSOCKET_TASKS_SECONDS * 1000,
        archiveMs: config.WEBSOCKET_ARCHIVE_SECONDS * 1000,
        progressMs: config.WEBSOCKET_PROGRESS_SECONDS * 1000,
      }),
      watchResources({
        tools,
        journal: resourceJournal,
        observer,
        resources: port.resources,
        onAnswer: learnResources,
        periodMs: config.WEBSOCKET_RESOURCES_SECONDS * 1000,
      }),
      every(
        config.WEBSOCKET_STATUS_SECONDS * 1000,
        'status',
        readStatus,
        config.WEBSOCKET_STATUS_SECONDS * 1000,
      ),
      every(Math.max(HA_MS, config.WEBSOCKET_STATUS_SECONDS * 1000), 'ha', readHa),
      every(config.WEBSOCKET_JOBS_SECONDS * 1000, 'jobs', readJobs, 2_000),
      access.run(),
      every(DISCOVER_MS, 'inventory', discover, 1_000),
    ]);
  } finally {
    await lanes.settled();
  }
}
