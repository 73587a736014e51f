import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { actSecret, type Service, type ServiceContext } from '@proxmox-mcp/service-kit';
import type { FastifyInstance } from 'fastify';
import { ACT_PATH, mountActs } from './acts/mount-acts.ts';
import { Authenticator } from './auth/authenticator.ts';
import { ensureToken } from './auth/first-start.ts';
import type { GatewayConfig } from './config.ts';
import { Mirror } from './fleet/mirror.ts';
import { createApp } from './http/app.ts';
import { requireToken } from './http/authentication.ts';
import { allowedNames, checkHostAndOrigin } from './http/host-origin.ts';
import { RecentEvents } from './live/recent-events.ts';
import { ResourceUpdates } from './live/resource-updates.ts';
import { mountMcp, type McpEndpoint } from './mcp/endpoint.ts';
import type { ExtraFeatures } from './mcp/server-factory.ts';
import { listTools } from './mcp/tool-list.ts';
import type { ProxmoxReader } from './proxmox/reader.ts';
import { mountEventStream } from './rest/events.ts';
import { mountHistory } from './rest/history.ts';
import { mountMaintenance } from './rest/maintenance.ts';
import { mountNotifications } from './rest/notifications.ts';
import { mountReplay } from './rest/replay.ts';
import { mountTools } from './rest/tools.ts';
import type { ToolContext } from './tools/tool.ts';
import { VERSION } from './version.ts';
import { HoldLimit } from './wait/limits.ts';

/** What tests and launchers may set besides the settings. */
export interface GatewayOptions {
  /** Told once per start: `Gateway: <url>` when ready, and `Token: <secret>` when a first token was made. */
  readonly announce: (line: string) => void;
  readonly createReader: (context: ServiceContext<GatewayConfig>) => ProxmoxReader;
  /** Silence after which an event stream gets a comment, so that proxies keep it open. */
  readonly heartbeatMs: number;
  /** How long a reader of the event stream may keep its buffer full. */
  readonly drainMs: number;
  /** How often sessions and streams of revoked tokens are looked for. */
  readonly sweepMs: number;
  /** Features that a test serves beside the product's own. */
  readonly extra?: ExtraFeatures;
}

/** Serves the fleet to MCP and REST clients. */
export class Gateway implements Service {
  readonly #context: ServiceContext<GatewayConfig>;
  readonly #options: GatewayOptions;
  readonly #authenticator: Authenticator;
  readonly #tokensFile: string;
  readonly #mirror: Mirror;
  readonly #recentEvents: RecentEvents;
  readonly #updates: ResourceUpdates;
  readonly #reader: ProxmoxReader;
  readonly #stopping = new AbortController();
  #app: FastifyInstance | undefined;
  #endpoint: McpEndpoint | undefined;
  #sweeper: NodeJS.Timeout | undefined;
  #url: string | undefined;

  constructor(context: ServiceContext<GatewayConfig>, options: GatewayOptions) {
    const { config, dataDir, now, metrics } = context;
    this.#context = context;
    this.#options = options;
    this.#tokensFile = config.GATEWAY_TOKENS_FILE ?? join(dataDir, 'tokens.json');
    this.#authenticator = new Authenticator({
      file: this.#tokensFile,
      staticToken: config.GATEWAY_TOKEN,
      tier: config.GATEWAY_TIER,
      toolsets: config.GATEWAY_TOOLSETS,
      now,
    });
    const dropped = metrics.counter('gateway_mirror_dropped_total', 'Rows of the live picture left out', [
      'reason',
    ]);
    this.#mirror = new Mirror((reason) => dropped.inc({ reason }));
    this.#updates = new ResourceUpdates((uri) => this.#endpoint?.resourceUpdated(uri));
    this.#recentEvents = new RecentEvents(() => this.#updates.onEvent());
    this.#reader = options.createReader(context);
  }

  async start(signal: AbortSignal): Promise<void> {
    const { config, bus, now, log } = this.#context;
    const secret = await ensureToken(this.#authenticator, {
      file: this.#tokensFile,
      host: config.GATEWAY_HOST,
      now,
    });
    await this.#mirror.start(bus);
    this.#updates.start(this.#mirror);
    await this.#recentEvents.start(bus);
    signal.throwIfAborted();
    const app = this.#mount();
    this.#app = app;
    await this.#mountActs(app);
    await app.listen({ host: config.GATEWAY_HOST, port: config.GATEWAY_PORT });
    this.#sweeper = setInterval(() => void this.#sweep(), this.#options.sweepMs).unref();
    this.#url = urlOf(config.GATEWAY_HOST, app.server.address());
    log.info({ url: this.#url }, 'gateway listening');
    this.#options.announce(`Gateway: ${this.#url}`);
    if (secret !== undefined) this.#options.announce(`Token: ${secret}`);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    clearInterval(this.#sweeper);
    const app = this.#app;
    this.#app = undefined;
    this.#url = undefined;
    await app?.close();
    this.#updates.stop();
    await Promise.all([
      this.#recentEvents.stop(),
      this.#mirror.stop(),
      this.#reader.close(),
      this.#authenticator.close(),
    ]);
  }

  isReady(): boolean {
    return this.#url !== undefined;
  }

  details(): Record<string, unknown> {
    return { url: this.#url, sessions: this.#endpoint?.sessions.size ?? 0 };
  }

  #mount(): FastifyInstance {
    const { config, bus, metrics, now, log } = this.#context;
    const refused = metrics.counter('gateway_refused_total', 'Requests refused before they were served', [
      'reason',
    ]);
    const streamEnds = metrics.counter(
      'gateway_event_stream_ends_total',
      'Event streams that ended, by reason',
      ['reason'],
    );
    const gaps = metrics.counter(
      'gateway_event_gaps_total',
      'Times a reader of the event stream was told that events it asked for are not kept any more',
    );
    const streams = metrics.gauge('gateway_event_streams', 'Event streams open');
    const onFault = (where: string, error: unknown) => log.error({ err: error, where }, 'request failed');
    const app = createApp(onFault);
    checkHostAndOrigin(app, allowedNames(config.GATEWAY_HOST, config.GATEWAY_ALLOWED_HOSTS), (reason) =>
      refused.inc({ reason }),
    );
    requireToken(app, (path) => path === '/healthz' || path.startsWith(ACT_PATH), {
      authenticator: this.#authenticator,
      rateLimit: config.GATEWAY_RATE_LIMIT,
      now,
      onRefused: (reason) => refused.inc({ reason }),
    });
    const listings = listTools();
    const makeContext = this.#contextMaker();
    this.#endpoint = mountMcp(app, {
      parts: {
        listings,
        resources: { mirror: this.#mirror, recentEvents: this.#recentEvents, now },
        makeContext,
        onFault,
        version: VERSION,
        extra: this.#options.extra,
      },
      now,
      maxSessionsPerPrincipal: 200,
      maxSessions: 1_000,
      // Client mistakes (bad versions, closed connections) come here too.
      onError: (err) => log.debug({ err }, 'MCP request not served'),
    });
    mountTools(app, { listings, makeContext, onFault, version: VERSION });
    mountHistory(app, { bus, inventory: this.#context.inventory, now });
    mountReplay(app, { bus, now });
    mountMaintenance(app, { bus });
    mountNotifications(app, { bus, now });
    const eventStreams = mountEventStream(app, {
      bus,
      mirror: this.#mirror,
      heartbeatMs: this.#options.heartbeatMs,
      drainMs: this.#options.drainMs,
      isCurrent: (id) => this.#authenticator.isCurrent(id),
      onEnd: (reason) => streamEnds.inc({ reason }),
      onOpen: (open) => streams.set(open),
      onGap: () => gaps.inc(),
    });
    app.addHook('preClose', async () => {
      eventStreams.endAll();
      await this.#endpoint?.close();
    });
    return app;
  }

  async #mountActs(app: FastifyInstance): Promise<void> {
    const { bus, metrics, now } = this.#context;
    const visits = metrics.counter('gateway_act_links_total', 'Visits of links in messages, by what became', [
      'outcome',
    ]);
    const secret = await actSecret(bus);
    await mountActs(app, { bus, secret, now, onVisit: (outcome) => visits.inc({ outcome }) });
  }

  #contextMaker(): (call: Pick<ToolContext, 'principal' | 'signal' | 'progress'>) => ToolContext {
    const { bus, now } = this.#context;
    const waits = new HoldLimit({ perPrincipal: 50, total: 500 });
    return ({ principal, signal, progress }) => ({
      mirror: this.#mirror,
      bus,
      proxmox: this.#reader,
      principal,
      now,
      signal: AbortSignal.any([signal, this.#stopping.signal]),
      progress,
      takeWait: () => waits.take(principal.id),
    });
  }

  async #sweep(): Promise<void> {
    try {
      await this.#endpoint?.sweep((id) => this.#authenticator.isCurrent(id));
    } catch (err) {
      this.#context.log.warn({ err }, 'sessions not swept, will retry');
    }
  }
}

function urlOf(host: string, address: AddressInfo | string | null): string {
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}
