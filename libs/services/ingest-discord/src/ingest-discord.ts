import { createSharedNames, type KeyValue, type SharedNames } from '@proxmox-mcp/bus';
import {
  createIngestLine,
  createLiveInventory,
  createPatientSettle,
  createSourceReport,
  type Clock,
  type SourceReport,
  type Trouble,
} from '@proxmox-mcp/ingest-kit';
import { defineService, type Service, type ServiceContext } from '@proxmox-mcp/service-kit';
import { steadyClock } from './clock.ts';
import { IngestDiscordConfig } from './config.ts';
import type { Reader } from './reader/reader.ts';
import { channelsOf, webhooksOf } from './scope.ts';
import { createTakeMessage } from './take-message.ts';
import { NO_CHANNELS, NO_TOKEN, NO_WEBHOOKS } from './trouble.ts';

const NAME = 'ingest-discord';
/** A replica that fell silent for so long has lost the channels to another one. */
const LEASE_TTL_MS = 10_000;

/** Reads what Proxmox webhook targets post to Discord channels. */
export const ingestDiscord = defineService({
  name: NAME,
  config: IngestDiscordConfig,
  listener: { word: 'DISCORD', switchKey: 'DISCORD_IN_ENABLED' },
  create: (context) => createIngestDiscord(context),
});

/** The service, with time of the caller's choice. */
export function createIngestDiscord(
  context: ServiceContext<IngestDiscordConfig>,
  time: { readonly clock?: Clock; readonly random?: () => number; readonly leaseTtlMs?: number } = {},
): Service {
  const { config, bus, log, metrics, now, instance } = context;
  const clock = time.clock ?? steadyClock;
  const token = config.DISCORD_IN_BOT_TOKEN;
  const channels = channelsOf(config, context.inventory);
  const webhooks = webhooksOf(config, context.inventory);
  const inventory = createLiveInventory({ bus, log, configured: context.inventory, hosts: context.hosts });
  const line = createIngestLine({ ...context, service: NAME, channel: 'discord' });
  const unkept = metrics.counter('discord_unkept_total', 'Refused messages that were not kept', ['reason']);
  const messages = createTakeMessage({
    settle: createPatientSettle({ line, clock, unkept }),
    admission: { channels: new Set(channels), webhooks: new Set(webhooks) },
    index: () => inventory.index(),
    channels: context.inventory.discord?.channels ?? {},
    unkept,
    now,
    log,
  });
  let share: SharedNames | undefined;
  let isStopping = false;
  let troubles: readonly Trouble[] = [];
  let current: { readonly reader: Reader; readonly report: SourceReport } | undefined;
  // Starts and stops one after the other: a lease that is lost and had again must not make two readers.
  let turn: Promise<void> = Promise.resolve();

  const createReport = () => createSourceReport({ bus, log, name: NAME, service: NAME, now });

  /** Tells the others how it goes, and the log what changed. */
  function createTell(report: SourceReport) {
    let known = '';
    return async (isReading: boolean, found: readonly Trouble[]): Promise<void> => {
      troubles = found;
      const status = !isReading ? 'down' : found.length > 0 ? 'degraded' : 'ok';
      await report.set(status, found);
      const said = `${status} ${found.map(({ reason }) => reason).join()}`;
      if (known === said) return;
      known = said;
      if (status === 'ok') log.info('reading Discord');
      for (const { reason, detail, fix } of found) log.warn({ reason, fix }, `Discord: ${detail}`);
    };
  }

  async function startReading(botToken: string, cursors: KeyValue): Promise<void> {
    // A new one each time: what another replica has reported meanwhile is not known to an old one.
    const report = createReport();
    await report.set('starting');
    // Loaded here: most labs have no Discord, and start without the libraries for it.
    const { startReader } = await import('./reader/reader.ts');
    const reader = startReader({
      apiUrl: config.DISCORD_IN_API_URL,
      token: botToken,
      channels,
      mode: config.DISCORD_IN_MODE,
      pollSeconds: config.DISCORD_IN_POLL_INTERVAL,
      cursors,
      async take(message, signal) {
        const taken = await messages.take(message, signal);
        if (taken !== 'unreadable' && taken > 0) report.succeeded();
        return taken;
      },
      edited: (message, signal) => messages.edited(message, signal),
      report: createTell(report),
      clock,
      random: time.random ?? Math.random,
      log,
      metrics,
    });
    current = { reader, report };
  }

  async function stopReading(): Promise<void> {
    const stopped = current;
    current = undefined;
    await stopped?.reader.stop();
    // Before the lease is given back, or it would overwrite what the next reader reports.
    if (isStopping)
      await stopped?.report.set('down', [{ reason: 'stopped', detail: 'the service was stopped' }]);
  }

  function inTurn(work: () => Promise<void>): Promise<void> {
    turn = turn
      .then(work)
      .catch((err: unknown) => log.error({ err }, 'reading Discord not started or stopped'));
    return turn;
  }

  return {
    async start() {
      const missing = missingOf(config, channels, webhooks);
      if (missing !== undefined && (token !== undefined || config.DISCORD_IN_WEBHOOK_URL !== undefined)) {
        return createTell(createReport())(false, [missing]);
      }
      if (token === undefined) return log.info('Discord is not read: set DISCORD_IN_BOT_TOKEN to read it');
      await inventory.start();
      const cursors = await bus.kv('CURSORS');
      share = createSharedNames({
        kv: await bus.kv('LEASES'),
        group: NAME,
        owner: instance,
        ttlMs: time.leaseTtlMs ?? LEASE_TTL_MS,
        names: () => [NAME],
        onGained: () => void inTurn(() => startReading(token, cursors)),
        onLost: () => inTurn(stopReading),
        log,
      });
      await share.start();
    },
    async stop() {
      isStopping = true;
      // Gives the channels back after reading has ended.
      await share?.stop();
      share = undefined;
      await inTurn(stopReading);
      await line.stop();
      await inventory.stop();
    },
    isReady: () => true,
    details: () => ({
      enabled: token !== undefined,
      channels: channels.length,
      reading: current !== undefined,
      gateway: current?.reader.isListening() ?? false,
      ...(troubles.length === 0
        ? {}
        : { degraded: troubles.map(({ reason, detail }) => `${reason}: ${detail}`) }),
    }),
  };
}

function missingOf(
  { DISCORD_IN_BOT_TOKEN: token }: IngestDiscordConfig,
  channels: readonly string[],
  webhooks: readonly string[],
): Trouble | undefined {
  if (token === undefined) return NO_TOKEN;
  if (channels.length === 0) return NO_CHANNELS;
  return webhooks.length === 0 ? NO_WEBHOOKS : undefined;
}
