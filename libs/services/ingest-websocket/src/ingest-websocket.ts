import { createSharedNames, type KeyValue, type SharedNames } from '@proxmox-mcp/bus';
import { envName } from './env-prefix.ts';
import { createIngestLine } from '@proxmox-mcp/ingest-kit';
import { createPbsClient, createPveClient, systemClock, type Clock } from '@proxmox-mcp/proxmox-client';
import { stateKeys, type InventorySource } from '@proxmox-mcp/schemas';
import { defineService, type Service, type ServiceContext } from '@proxmox-mcp/service-kit';
import { IngestWebsocketConfig } from './config.ts';
import { createCursor } from './cursor/cursor.ts';
import { readFeeds } from './feed/feeds.ts';
import { createHostHealth, type HostHealth } from './host/host-health.ts';
import { startHostWatch } from './host/host-watch.ts';
import { createPbsPort, type PbsPort } from './pbs/pbs-port.ts';
import { watchPbs } from './pbs/watch-pbs.ts';
import { createPvePort, type PvePort } from './pve/pve-port.ts';
import { watchPve } from './pve/watch-pve.ts';
import { createPublisher, observationPublisher } from './publisher.ts';

type Host = ServiceContext<IngestWebsocketConfig>['hosts'][number];

/** Opens the way to a host. Tests put the far end of their choice here. */
export type OpenPort = (
  host: Host,
) =>
  { readonly product: 'pve'; readonly port: PvePort } | { readonly product: 'pbs'; readonly port: PbsPort };

/** A replica that fell silent for so long has lost its hosts to the others. */
const LEASE_TTL_MS = 10_000;
const REPORT_MS = 1_000;
const SERVICE = 'ingest-websocket';

/** A host or feed that is ours now. */
interface Watched {
  stop(): Promise<void>;
  readonly health?: HostHealth;
}

/** The live feed: watches Proxmox hosts, which have no event socket of their own, and listens to WebSocket feeds. */
export const ingestWebsocket = defineService({
  name: SERVICE,
  config: IngestWebsocketConfig,
  listener: { word: 'WEBSOCKET', switchKey: 'EVENT_WS_ENABLED' },
  create: (context) => createIngestWebsocket(context),
});

/** The service, with the far end and the clock of the caller's choice. */
export function createIngestWebsocket(
  context: ServiceContext<IngestWebsocketConfig>,
  far: { readonly openPort?: OpenPort; readonly clock?: Clock; readonly random?: () => number } = {},
): Service {
  const { config, bus, log, metrics, hosts, instance } = context;
  const clock = far.clock ?? { now: context.now, sleep: (ms, signal) => systemClock.sleep(ms, signal) };
  const random = far.random ?? Math.random;
  const openPort = far.openPort ?? clientPort(context);
  const counters = {
    requests: metrics.counter('websocket_requests_total', 'Requests to Proxmox hosts'),
    backfills: metrics.counter('websocket_backfills_total', 'Comparisons with a task archive'),
    logsLost: metrics.counter('websocket_logs_lost_total', 'Logs of ended tasks that could not be read'),
  };
  const apiLine = createIngestLine({ ...context, service: SERVICE, channel: 'api' });
  const watched = new Map<string, Watched>();
  // A host given away must have let go before it can come back.
  const leaving = new Map<string, Promise<void>>();
  let share: SharedNames | undefined;
  let isStarted = false;
  let isStopped = false;

  const watchHost = (host: Host, cursors: KeyValue, state: KeyValue): Watched => {
    const stopping = new AbortController();
    const { auth, product } = host;
    const authId = auth.kind === 'token' ? `${auth.user}!${auth.tokenName}` : auth.user;
    const configured = { prefix: envName(host), product, authId };
    const health = createHostHealth({
      name: host.name,
      service: SERVICE,
      product,
      owner: instance,
      configured,
      longestPauseMs: config.EVENT_WS_RECONNECT_INTERVAL * 1000,
      now: () => clock.now(),
      random,
      log,
    });
    const opened = openPort(host);
    const options = {
      config,
      cursor: (part: string) => createCursor(cursors, host.name, part),
      publish: createPublisher({ line: apiLine, source: host.name, clock, signal: stopping.signal }),
      observe: observationPublisher(bus),
      discovered: writeInventory(state, log),
    };
    const watch = startHostWatch({
      source: host.name,
      configured,
      clock,
      log,
      health,
      metrics: counters,
      watch: (tools) =>
        opened.product === 'pve'
          ? watchPve(opened.port, { ...options, tools })
          : watchPbs(opened.port, { ...options, tools }),
    });
    const reporting = reportUntil(stopping.signal, clock, async () => {
      const { state: now, changed } = health.take();
      if (changed) await state.put(stateKeys.source(host.name), JSON.stringify(now));
    });
    return {
      health,
      async stop() {
        stopping.abort();
        await watch.stop();
        await reporting;
        await opened.port.close();
      },
    };
  };

  const end = async (name: string) => {
    const one = watched.get(name);
    if (!one) return;
    watched.delete(name);
    const done = one.stop();
    leaving.set(name, done);
    await done;
    leaving.delete(name);
  };

  return {
    async start(signal) {
      if (hosts.length === 0) {
        log.warn(
          'no Proxmox host is configured: set PVE_NODES, PVE1_HOST, PVE1_USER, PVE1_TOKEN_NAME and PVE1_TOKEN_VALUE in .env (see .env.example); the demo without hosts is `npm start`, in containers `docker compose --profile demo up`',
        );
      }
      const cursors = await bus.kv('CURSORS');
      const state = await bus.kv('STATE');
      if (signal.aborted || isStopped) return;
      const starters = new Map<string, () => Watched>(
        hosts.map((host) => [host.name, () => watchHost(host, cursors, state)]),
      );
      for (const [name, startFeed] of readFeeds({ context, clock, random, state }))
        starters.set(name, startFeed);
      share = createSharedNames({
        kv: await bus.kv('LEASES'),
        group: SERVICE,
        owner: instance,
        ttlMs: LEASE_TTL_MS,
        names: () => [...starters.keys()],
        onGained: (name) => {
          const gone = leaving.get(name) ?? Promise.resolve();
          void gone.then(() => {
            const starter = starters.get(name);
            if (starter && !isStopped && !watched.has(name)) watched.set(name, starter());
          });
        },
        onLost: end,
        log,
      });
      await share.start();
      isStarted = true;
    },
    async stop() {
      isStopped = true;
      isStarted = false;
      // Gives everything back after its watch has ended; what a lost lease left running ends here too.
      await share?.stop();
      await Promise.all([...watched.keys()].map(end));
      await Promise.all(leaving.values());
      await apiLine.stop();
    },
    isReady: () => isStarted,
    details: () => ({
      sources: Object.fromEntries(
        [...watched].map(([name, { health }]) => {
          if (!health) return [name, 'feed'];
          const { status, degraded } = health.peek();
          return [
            name,
            degraded.length === 0
              ? status
              : { status, degraded: degraded.map((d) => `${d.reason}: ${d.detail}`) },
          ];
        }),
      ),
    }),
  };
}

/** Ten times the first rest, with its jitter, is the longest that a client leaves a host alone. */
const LONGEST_RESTS = 12;

function clientPort({ config, log }: ServiceContext<IngestWebsocketConfig>): OpenPort {
  const options = { log, breakerCoolDownMs: (config.EVENT_WS_RECONNECT_INTERVAL * 1000) / LONGEST_RESTS };
  return (host) =>
    host.product === 'pve'
      ? { product: 'pve', port: createPvePort(createPveClient(host, options)) }
      : { product: 'pbs', port: createPbsPort(createPbsClient(host, options)) };
}

/** Writes what was found out about a source when it is not what was written last. */
function writeInventory(state: KeyValue, log: ServiceContext<unknown>['log']) {
  let written = '';
  return async (source: InventorySource) => {
    const text = JSON.stringify(source);
    if (text === written) return;
    try {
      await state.put(stateKeys.inventory(source.id), text);
      written = text;
    } catch (err) {
      log.warn({ err, source: source.id }, 'inventory of a source not written, will retry');
    }
  };
}

async function reportUntil(signal: AbortSignal, clock: Clock, report: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    // A bus that is away gets the next report; the state it missed is in that one.
    await report().catch(() => undefined);
    await clock.sleep(REPORT_MS, signal).catch(() => undefined);
  }
}
