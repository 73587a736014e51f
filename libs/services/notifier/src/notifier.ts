import { randomInt } from 'node:crypto';
import type { Consumer, KeyValue } from '@proxmox-mcp/bus';
import { filters, type Notification, subjects, type Subject, type Filter } from '@proxmox-mcp/schemas';
import {
  actSecret,
  defineService,
  fileOf,
  type Service,
  type ServiceContext,
} from '@proxmox-mcp/service-kit';
import { Agent } from 'undici';
import { actLinksOf } from './act-links.ts';
import { createAgenda } from './agenda.ts';
import { type AgendaLoop, startAgendaLoop } from './agenda-loop.ts';
import { answerQuestions } from './answers/answer-questions.ts';
import { pruneSilences } from './answers/silence.ts';
import { type BreakerPolicy, createBreaker } from './breaker.ts';
import { createChannelReport, type ChannelReport } from './channel-report.ts';
import type { ChannelTools } from './channels/channel.ts';
import { CHANNELS } from './channels/index.ts';
import { configNotices, enabledChannels, NotifierConfig, renderOf } from './config.ts';
import { createCounts } from './counts.ts';
import { createHealth, type ChannelHealth } from './health.ts';
import { incidentReader } from './incident-reader.ts';
import { createLimiter } from './limiter.ts';
import { createAgendaLine } from './lines/agenda-line.ts';
import { createRouteLine, type RouteLineTools } from './lines/route-line.ts';
import { createSendLine } from './lines/send-line.ts';
import { createTeller, type TellTools } from './lines/tell.ts';
import { createUnroutedLine } from './lines/unrouted-line.ts';
import { NotifyFile, notifyNotices, NotifyYaml } from './policy/notify-file.ts';
import { pruneReceipts } from './prune-receipts.ts';
import { createReceipts, type Receipts } from './receipts.ts';
import { openSilences, type Silences } from './silences.ts';
import type { Render } from './stages/render.ts';
import { renderSafely } from './stages/render-safely.ts';
import { RETRY_POLICY, type RetryPolicy } from './stages/retry.ts';

/** Sends at one time to one channel. */
const MAX_SENDING = 4;
/** Messages that wait in the process to be sent to one channel. */
const MAX_NEXT = 12;
/**
 * Messages of one channel in flight on the bus, those that wait for another attempt included: large, so that a few which
 * the channel stumbles over do not hold back the rest.
 */
const MAX_HELD = 256;
/** Settling openings are held by the broker as in flight; a storm must not wait behind the first few. */
const MAX_ROUTING = 256;
/**
 * Not the bound of retries, which is a time (`RETRY_POLICY`): above what four days of waits can count, and low enough
 * that a message which kills the process each time ends in the dead letters.
 */
const MAX_DELIVER = 1_000;
const PRUNE_EVERY_MS = 3_600_000;
/** How exact what waits for a time is; and how long another process waits before it takes over from one that died. */
const AGENDA: AgendaTimes = { everyMs: 5_000, leaseTtlMs: 15_000 };

/** Decides who is told of an incident, and tells them: once, durably, by every channel that is on. */
export const notifier = defineService({
  name: 'notifier',
  config: NotifierConfig,
  files: { 'notify.yaml': NotifyYaml },
  create: (context) => createNotifier(context),
});

/** What tests choose otherwise. */
export interface NotifierOptions {
  /** In [0, 1), for jitter. */
  readonly random?: () => number;
  readonly retry?: RetryPolicy;
  readonly breaker?: BreakerPolicy;
  readonly agenda?: AgendaTimes;
  readonly render?: Render;
}

interface AgendaTimes {
  readonly everyMs: number;
  readonly leaseTtlMs: number;
}

/** Makes the service. */
export function createNotifier(
  context: ServiceContext<NotifierConfig>,
  options: NotifierOptions = {},
): Service {
  const random = options.random ?? (() => randomInt(2 ** 32) / 2 ** 32);
  const { config, log, now } = context;
  const file = fileOf(context, 'notify.yaml', NotifyFile);
  const definitions = enabledChannels(config);
  const channelNames = definitions.map((definition) => definition.name);
  const health = new Map<string, ChannelHealth>();
  const consumers: Consumer[] = [];
  let agent: Agent | undefined;
  let report: ChannelReport | undefined;
  let silences: Silences | undefined;
  let agendaLoop: AgendaLoop | undefined;
  let pruning: NodeJS.Timeout | undefined;
  let stopping = false;
  let ready = false;

  async function start(): Promise<void> {
    const hasTemplate = config.NOTIFY_TEMPLATE_BODY !== undefined;
    const fileNotices = notifyNotices(file, { enabled: channelNames, hasTemplate });
    for (const notice of [...configNotices(config), ...fileNotices])
      log.warn({ notice }, 'notifier settings');
    if (definitions.length === 0) log.warn('no channel is on: nobody is notified; set ENABLED_NOTIFIERS');
    // Fewer sockets than sends would queue inside the agent, out of reach of the timeout's meaning.
    agent = new Agent({ connections: MAX_SENDING, connect: { timeout: config.NOTIFY_TIMEOUT * 1_000 } });
    const deliveries = await context.bus.kv('DELIVERIES');
    const receipts = createReceipts(deliveries);
    const incidents = await context.bus.kv('INCIDENTS');
    report = createChannelReport({ state: await context.bus.kv('STATE'), log, now });
    const enabled = new Set<string>(channelNames);
    await report.begin(CHANNELS.map(({ name }) => ({ name, enabled: enabled.has(name) })));
    await consumeNotifications(agent, { receipts, report, incidents });
    silences = await openSilences(await context.bus.kv('SILENCES'));
    const tell: TellTools = {
      bus: context.bus,
      incidents,
      receipts,
      agenda: createAgenda(deliveries),
      counts: createCounts(deliveries, { rates: file.throttle, now }),
      silences,
      policy: { minSeverity: config.NOTIFY_MIN_SEVERITY, channels: channelNames, file },
      render: renderSafely(options.render ?? renderOf(config), (err) =>
        log.error({ err }, 'template does not work, the message is sent without it'),
      ),
      linkBase: config.NOTIFY_LINK_BASE,
      now,
      suppressed: context.metrics.counter(
        'notifier_suppressed_total',
        'Notifications that were not sent, by why.',
        ['channel', 'reason'],
      ),
    };
    const settle = {
      groupWaitMs: config.NOTIFY_GROUP_WAIT * 1_000,
      nodeGraceMs: config.NOTIFY_NODE_GRACE * 1_000,
    };
    const teller = createTeller(tell);
    await consumeIncidents({ ...tell, teller, settle });
    agendaLoop = startAgendaLoop({
      leases: await context.bus.kv('LEASES'),
      owner: context.instance,
      line: createAgendaLine({ ...tell, teller, log }),
      log,
      ...(options.agenda ?? AGENDA),
    });
    consumers.push(
      ...(await answerQuestions(context.bus, { ...tell, silences, settle, allIncidents: incidents })),
    );
    pruning = setInterval(() => void prune(receipts, incidents), PRUNE_EVERY_MS).unref();
    ready = true;
    log.info({ channels: channelNames }, 'notifier started');
  }

  async function consumeIncidents(tools: RouteLineTools): Promise<void> {
    consumers.push(
      await context.bus.consume(
        {
          durable: 'notifier-route',
          filters: [filters.allIncidents],
          maxDeliver: MAX_DELIVER,
          maxInFlight: MAX_ROUTING,
        },
        createRouteLine(tools),
      ),
    );
  }

  async function consumeNotifications(
    dispatcher: Agent,
    {
      receipts,
      report: told,
      incidents,
    }: { readonly receipts: Receipts; readonly report: ChannelReport; readonly incidents: KeyValue },
  ): Promise<void> {
    const { metrics } = context;
    const outcomes = metrics.counter(
      'notifier_notifications_total',
      'Notifications by what became of them.',
      ['channel', 'outcome'],
    );
    const refusals = metrics.counter('notifier_refusals_total', 'Attempts a channel did not take, by why.', [
      'channel',
      'reason',
    ]);
    const seconds = metrics.histogram(
      'notifier_send_seconds',
      'Duration of attempts to send.',
      [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      ['channel'],
    );
    const tools: ChannelTools = {
      dispatcher,
      now,
      incident: incidentReader(incidents),
      ...(config.NOTIFY_LINK_BASE === undefined
        ? {}
        : { actLinks: actLinksOf(config.NOTIFY_LINK_BASE, await actSecret(context.bus)) }),
    };
    const channels = new Set<string>(channelNames);
    for (const definition of definitions) {
      const { name } = definition;
      const channelHealth = told.follow(name, createHealth(name, log, now));
      health.set(name, channelHealth);
      const handler = createSendLine({
        name,
        channel: definition.create(config, tools),
        bus: context.bus,
        fallback: { chains: file.fallback, enabled: channels, afterMs: file.fallback_after },
        receipts,
        breaker: createBreaker(now, options.breaker),
        limiter: createLimiter(MAX_SENDING, MAX_NEXT),
        health: channelHealth,
        retry: options.retry ?? RETRY_POLICY,
        timeoutMs: config.NOTIFY_TIMEOUT * 1_000,
        now,
        random,
        isStopping: () => stopping,
        outcomes,
        refusals,
        seconds,
      });
      // A durable per channel: one that is down for a day holds back nobody else.
      consumers.push(
        await context.bus.consume(
          {
            durable: `notifier-send-${name}`,
            filters: [exactly(subjects.notification(name))],
            maxDeliver: MAX_DELIVER,
            maxInFlight: MAX_HELD,
            ackWaitMs: (1 + MAX_NEXT / MAX_SENDING) * config.NOTIFY_TIMEOUT * 1_000 + 20_000,
          },
          handler,
        ),
      );
    }
    consumers.push(
      await context.bus.consume(
        { durable: 'notifier-unrouted', filters: [filters.allNotifications], maxDeliver: MAX_DELIVER },
        createUnroutedLine({ channels, receipts, now, outcomes }),
      ),
    );
  }

  async function prune(receipts: Receipts, incidents: KeyValue): Promise<void> {
    const age = { keepMs: config.NOTIFY_RECEIPT_DAYS * 86_400_000, now: now() };
    try {
      await pruneReceipts(receipts, incidents, age);
      if (silences !== undefined) await pruneSilences(silences, age);
    } catch (err) {
      log.warn({ err }, 'old receipts and silences not deleted, will retry in an hour');
    }
  }

  return {
    start,
    async stop() {
      stopping = true;
      ready = false;
      clearInterval(pruning);
      await agendaLoop?.stop();
      await Promise.all(consumers.splice(0).map((consumer) => consumer.stop()));
      await silences?.stop();
      await report?.written();
      await agent?.close();
      agent = undefined;
    },
    isReady: () => ready,
    details: () => ({ channels: Object.fromEntries([...health].map(([name, of]) => [name, of.details()])) }),
  };
}

/** A subject is also the pattern of itself alone. */
function exactly(subject: Subject<Notification>): Filter<Notification> {
  return subject;
}
