import { openJournal } from '../cursor/journal.ts';
import { createAccessWatch } from '../host/access-watch.ts';
import type { WatchOptions } from '../host/host-options.ts';
import { createLanes } from '../pace/lanes.ts';
import { runLoop } from '../pace/loop.ts';
import { ceph } from '../polls/ceph.ts';
import { certificates } from '../polls/certificates.ts';
import { coverage } from '../polls/coverage.ts';
import { disks } from '../polls/disks.ts';
import { createOpenPoll } from '../polls/open-polls.ts';
import type { ClusterPort } from '../polls/poll.ts';
import { services } from '../polls/services.ts';
import { subscription } from '../polls/subscription.ts';
import { updates } from '../polls/updates.ts';
import { watchPolls } from '../polls/watch-polls.ts';
import { zfs } from '../polls/zfs.ts';
import { createJobRows } from '../resources/job-rows.ts';
import { watchFigures } from '../resources/figures-watch.ts';
import { createNodeFigures } from '../resources/node-figures.ts';
import { createObserver } from '../resources/observer.ts';
import { NO_RESOURCES, isResourceNews } from '../resources/resource-memory.ts';
import { watchResources } from '../resources/resource-watch.ts';
import type { SeenDraft } from '../seen/seen-draft.ts';
import { NOTHING_KNOWN } from '../tasks/task-memory.ts';
import { watchTasks } from '../tasks/task-watch.ts';
import { NO_CLUSTER } from './cluster-memory.ts';
import { createClusterPolls } from './cluster-polls.ts';
import { pveInventory } from './pve-inventory.ts';
import type { PvePort } from './pve-port.ts';
import { createPveView } from './pve-view.ts';

const DISCOVER_MS = 10 * 60_000;

/** Watches one PVE host or cluster until the signal aborts. Rejects when it cannot go on. */
export async function watchPve(port: PvePort, options: WatchOptions): Promise<void> {
  const { tools, config, cursor } = options;
  const { source, clock, signal, health } = tools;
  const now = () => clock.now();
  const view = createPveView(source, (cluster) => health.learn({ cluster }));
  const figures = createNodeFigures(now);
  const cluster = () => view.cluster ?? source;
  const publish = (drafts: readonly SeenDraft[], at: number) =>
    options.publish(
      drafts.map((draft) => ({ cluster: cluster(), ...draft })),
      at,
    );
  const ask = async <T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    await tools.take();
    return call(signal);
  };

  const access = createAccessWatch(
    tools,
    () => ask(port.access),
    ({ version }) => health.learn({ version }),
  );
  const discover = async () => {
    const [first] = view.reachable();
    if (view.status.length === 0 || first === undefined) return;
    const storages = await ask((s) => port.get('/storage', s));
    const time = await ask((s) => port.get(`/nodes/${first}/time`, s));
    await options.discovered(pveInventory(source, view.status, storages, time));
  };

  const clusterJournal = await openJournal({
    cursor: cursor('cluster'),
    initial: NO_CLUSTER,
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
  const openPoll = createOpenPoll<ClusterPort>({
    tools,
    port,
    config,
    cursor,
    publish,
    product: 'pve',
    nodes: () => ({ reachable: view.reachable(), all: view.all() }),
    nodeName: (node) => node,
    guests: view.guests,
  });
  // Services first: what is quick must not wait for the disks when everything begins.
  const opened = await Promise.all([
    openPoll(services),
    openPoll(ceph),
    openPoll(zfs),
    openPoll(coverage),
    openPoll(certificates),
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
      // The refreshed list of packages is there.
      if (drafts.some(({ type }) => /^node[.]apt[.]refresh[.](?:succeeded|warned)$/.test(type)))
        polls.find(({ name }) => name === updates.name)?.nudge();
    },
    now,
  });
  const observer = createObserver({
    about: () => ({ source, product: 'pve', cluster: cluster() }),
    publish: options.observe,
    now,
  });
  const lanes = createLanes({
    clock,
    onError: (node, error) => tools.nodeError(node, error),
    onSuccess: (node) => health.nodeSucceeded(node),
  });
  const jobs = createJobRows(observer, ['backup', 'replication']);
  const quick = createClusterPolls({ tools, port, view, journal: clusterJournal, jobs, lanes });

  // Who we talk to comes first: its name is on everything that follows.
  await tools.guardUntilAnswered('access', () => access.check());
  await tools.guard('status', quick.status);
  if (view.all().length === 0)
    await tools.guard('resources', async () => view.learnResources(await ask(port.resources)));
  const every = (periodMs: number, what: string, turn: () => Promise<void>, delayMs = 0) =>
    runLoop({ clock, signal, periodMs, delayMs }, () => tools.guard(what, turn));
  const figuresMs = config.WEBSOCKET_FIGURES_SECONDS * 1000;
  const statusMs = config.WEBSOCKET_STATUS_SECONDS * 1000;
  try {
    await tools.together([
      watchTasks({
        tools,
        port: { ...port, reachableNodes: view.reachable },
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
        onAnswer(rows) {
          view.learnResources(rows);
          figures.keep(view.all());
        },
        figuresOf: figures.of,
        isToldElsewhere: ({ type }) => type === 'ha.service.error' && quick.isHaWatched(),
        periodMs: config.WEBSOCKET_RESOURCES_SECONDS * 1000,
      }),
      every(statusMs, 'status', quick.status, statusMs),
      every(config.WEBSOCKET_HA_SECONDS * 1000, 'ha', quick.ha),
      every(config.WEBSOCKET_JOBS_SECONDS * 1000, 'jobs', quick.backupJobs, 2_000),
      every(config.WEBSOCKET_REPLICATION_SECONDS * 1000, 'replication', quick.replication, 3_000),
      ...(figuresMs > 0
        ? [watchFigures({ tools, lanes, port, nodes: view.reachable, figures, periodMs: figuresMs })]
        : []),
      watchPolls(tools, polls, (scope) => scope !== ''),
      access.run(),
      // At once: until it is told who the nodes are, syslog refuses them as strangers.
      every(DISCOVER_MS, 'inventory', discover),
    ]);
  } finally {
    await lanes.settled();
  }
}
