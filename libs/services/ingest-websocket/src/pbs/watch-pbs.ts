import type { DatastoreUsage, Task } from '@proxmox-mcp/proxmox-client';
import { diffDatastores, readDatastores, type DatastoreSnapshot } from '@proxmox-mcp/proxmox-events';
import { InventorySource, type ObservedRow } from '@proxmox-mcp/schemas';
import * as z from 'zod';
import { openJournal, type Step } from '../cursor/journal.ts';
import { createAccessWatch } from '../host/access-watch.ts';
import type { WatchOptions } from '../host/host-options.ts';
import { runLoop } from '../pace/loop.ts';
import { createNudge } from '../pace/nudge.ts';
import { pbsCertificates } from '../polls/certificates.ts';
import { disks } from '../polls/disks.ts';
import { createOpenPoll } from '../polls/open-polls.ts';
import type { SlowPort } from '../polls/poll.ts';
import { services } from '../polls/services.ts';
import { subscription } from '../polls/subscription.ts';
import { updates } from '../polls/updates.ts';
import { watchPolls } from '../polls/watch-polls.ts';
import { zfs } from '../polls/zfs.ts';
import { createObserver } from '../resources/observer.ts';
import { observedDatastores, observedGc, observedPbsJobs } from '../resources/rows.ts';
import { seenPair, type SeenDraft } from '../seen/seen-draft.ts';
import { NOTHING_KNOWN } from '../tasks/task-memory.ts';
import { watchTasks } from '../tasks/task-watch.ts';
import type { PbsPort } from './pbs-port.ts';

/** What is remembered of a PBS's datastores, across restarts; `null` until the first answer. Plain JSON. */
interface DatastoreMemory {
  readonly stores: DatastoreSnapshot | null;
  /** Name of the server as its tasks call it. */
  readonly node: string | null;
}

const NO_DATASTORES: DatastoreMemory = { stores: null, node: null };
const DISCOVER_MS = 10 * 60_000;
const JOB_ENDED = /^backup[.](?:gc|verify|prune|sync)[.](?:succeeded|warned|failed|unknown)$/;
/** The server writes a job's state a moment after its task has ended; prune jobs of many datastores end together. */
const JOBS_LEAST_MS = 5_000;
/** Its tasks tell its name only after a while: what the polls remember must not depend on it. */
const SCOPE = 'localhost';
const NodeTime = z.object({ timezone: z.string().min(1).max(100) });

/** Watches one PBS until the signal aborts. Rejects when it cannot go on. */
export async function watchPbs(port: PbsPort, options: WatchOptions): Promise<void> {
  const { tools, config, cursor } = options;
  const { source, clock, signal, health } = tools;
  const now = () => clock.now();
  let datastores: readonly string[] = [];

  // A PBS is its own cluster, called by its node; the API says "localhost", only task ids tell the name.
  const nodeName = () => journal.memory.node ?? source;
  const publish = (drafts: readonly SeenDraft[], at: number) =>
    options.publish(
      drafts.map((draft) => ({ cluster: draft.node ?? nodeName(), ...draft })),
      at,
    );
  const journal = await openJournal<DatastoreMemory>({
    cursor: cursor('datastores'),
    initial: NO_DATASTORES,
    publish: (drafts, at) => options.publish(drafts, at),
    now,
  });
  const jobsClock = createNudge(clock, JOBS_LEAST_MS);
  const openPoll = createOpenPoll<SlowPort>({
    tools,
    port,
    config,
    cursor,
    publish,
    product: 'pbs',
    nodes: () => ({ reachable: [SCOPE], all: [SCOPE] }),
    nodeName,
    guests: () => undefined,
  });
  const opened = await Promise.all([
    openPoll(services),
    openPoll(zfs),
    openPoll(pbsCertificates),
    openPoll(updates),
    openPoll(subscription),
    openPoll(disks),
  ]);
  const polls = opened.filter((poll) => poll !== undefined);
  const taskJournal = await openJournal({
    cursor: cursor('tasks'),
    initial: NOTHING_KNOWN,
    publish: async (drafts, at) => {
      await publish(drafts, at);
      // The jobs now know which task was their last run: that joins the two.
      if (drafts.some(({ type }) => JOB_ENDED.test(type))) jobsClock.nudge();
      if (drafts.some(({ type }) => type === 'node.apt.refresh.succeeded'))
        polls.find(({ name }) => name === updates.name)?.nudge();
    },
    now,
  });
  const observer = createObserver({
    about: () => ({ source, product: 'pbs', cluster: nodeName() }),
    publish: options.observe,
    now,
  });
  const ask = async <T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    await tools.take();
    return call(signal);
  };
  const learnName = async (tasks: readonly Task[]) => {
    const node = tasks[0]?.node;
    if (node === undefined || node === journal.memory.node) return;
    await journal.apply((memory) => ({ next: { ...memory, node }, drafts: [] }));
    health.learn({ cluster: node });
  };
  const foldUsage = (memory: DatastoreMemory, rows: readonly DatastoreUsage[]): Step<DatastoreMemory> => {
    const node = memory.node ?? source;
    const seen = readDatastores(rows);
    if (memory.stores === null) return { next: { ...memory, stores: seen }, drafts: [] };
    const { events, next } = diffDatastores(memory.stores, seen, node);
    const at = now();
    const was = memory.stores;
    const row = (stores: DatastoreSnapshot, store = '') => [{ store, ...stores[store] }];
    const drafts = events.map((d) => {
      const draft = { ...d, cluster: node, identity: `${d.type}/${d.storage ?? ''}/${at}` };
      return seenPair(draft, 'resources', [row(was, d.storage), row(seen, d.storage)], { node });
    });
    return { next: { ...memory, stores: next }, drafts };
  };
  const readUsage = async () => {
    const rows = await ask(port.usage);
    const listed = new Set(rows.map((row) => row.store));
    // A datastore we may not see any more is missing without an error, like one that was removed.
    if (Object.keys(journal.memory.stores ?? {}).some((store) => !listed.has(store))) tools.doubtAccess();
    datastores = [...listed];
    await journal.apply((memory) => foldUsage(memory, rows));
    const server: ObservedRow = { kind: 'node', node: nodeName(), status: 'online' };
    await observer.see(
      'datastores',
      ['node', 'datastore'],
      [server, ...observedDatastores(rows, nodeName())],
    );
  };
  const readJobs = async () => {
    const node = nodeName();
    const jobs: ObservedRow[] = [];
    for (const kind of ['verify', 'sync', 'prune'] as const)
      jobs.push(...observedPbsJobs(kind, await ask((s) => port.jobs(kind, s)), node));
    jobs.push(...observedGc(await ask(port.gc), node));
    await observer.see('jobs', ['job'], jobs);
  };
  const access = createAccessWatch(
    tools,
    () => ask(port.access),
    ({ version }) => health.learn({ version, cluster: nodeName() }),
  );
  const discover = async () => {
    const time = NodeTime.safeParse(await ask((s) => port.get('/nodes/localhost/time', s)));
    await options.discovered(
      InventorySource.parse({
        id: source,
        product: 'pbs',
        ...(time.success && { timezone: time.data.timezone }),
        nodes: [{ name: nodeName() }],
        datastores,
      }),
    );
  };

  await tools.guardUntilAnswered('access', () => access.check());
  const every = (periodMs: number, what: string, turn: () => Promise<void>, delayMs = 0) =>
    runLoop({ clock, signal, periodMs, delayMs }, () => tools.guard(what, turn));
  await tools.together([
    watchTasks({
      tools,
      port: {
        ...port,
        list: async (s) => {
          const tasks = await port.list(s);
          await learnName(tasks);
          return tasks;
        },
        reachableNodes: () => [nodeName()],
      },
      journal: taskJournal,
      publish,
      listMs: config.WEBSOCKET_TASKS_SECONDS * 1000,
      archiveMs: config.WEBSOCKET_ARCHIVE_SECONDS * 1000,
      progressMs: config.WEBSOCKET_PROGRESS_SECONDS * 1000,
    }),
    every(config.WEBSOCKET_DATASTORES_SECONDS * 1000, 'datastores', readUsage, 500),
    runLoop(
      { clock: jobsClock, signal, periodMs: config.WEBSOCKET_JOBS_SECONDS * 1000, delayMs: 2_000 },
      () => tools.guard('jobs', readJobs),
    ),
    watchPolls(tools, polls, () => false),
    access.run(),
    every(DISCOVER_MS, 'inventory', discover, 3_000),
  ]);
}
