import {
  createCursor,
  createIngestLine,
  createLiveInventory,
  createPatientSettle,
  createSourceReader,
  identityNotes,
  type Clock,
  type IngestInput,
  type SourceReader,
} from '@proxmox-mcp/ingest-kit';
import { systemClock } from '@proxmox-mcp/proxmox-client';
import { token } from '@proxmox-mcp/schemas';
import { defineService, type Service, type ServiceContext } from '@proxmox-mcp/service-kit';
import { createGotifyApps } from './apps.ts';
import { accessOf, GotifyConfig } from './config.ts';
import { normalizeMessage, type NormalizedMessage } from './normalize.ts';
import type { GotifyEntry } from './parse.ts';
import { createGotifyClient, type GotifyClient } from './read/client.ts';
import { readMessages } from './read/read-messages.ts';

const NAME = 'ingest-gotify';
/** Source of dead letters that are of no message. */
const NO_SOURCE = 'gotify';
/** Reasons that say a message is none of ours. */
const FOREIGN: ReadonlySet<string> = new Set(['foreign-app', 'not-proxmox']);

/** Reads the notifications that Proxmox hosts sent to a Gotify server. */
export const ingestGotify = defineService({
  name: NAME,
  config: GotifyConfig,
  listener: { word: 'GOTIFY', switchKey: 'GOTIFY_IN_ENABLED' },
  create: (context) => createIngestGotify(context),
});

/** The service, with a clock of the caller's choice. */
export function createIngestGotify(
  context: ServiceContext<GotifyConfig>,
  time: { readonly clock?: Clock; readonly random?: () => number } = {},
): Service {
  const { config, bus, log, metrics, instance } = context;
  const clock = time.clock ?? { now: context.now, sleep: (ms, signal) => systemClock.sleep(ms, signal) };
  const access = accessOf(config);
  const inventory = createLiveInventory({ bus, log, configured: context.inventory, hosts: context.hosts });
  const apps = createGotifyApps(config.GOTIFY_IN_APP_IDS, context.inventory);
  const line = createIngestLine({ ...context, service: NAME, channel: 'gotify' });
  const connections = metrics.counter('gotify_connections_total', 'Connections to the Gotify server begun');
  const unkept = metrics.counter('gotify_unkept_total', 'Refused messages too many to be kept', ['reason']);
  const settle = createPatientSettle({ line, clock, unkept });
  let client: GotifyClient | undefined;
  let reader: SourceReader | undefined;

  function understand(message: GotifyEntry['message'], server: string): NormalizedMessage {
    if ('reject' in message) return { source: NO_SOURCE, result: message };
    try {
      return normalizeMessage(message, { apps, index: inventory.index(), server });
    } catch (err) {
      // Our fault; the next message must not wait for it.
      log.error({ err, id: message.id }, 'normalizer threw, message kept as a dead letter');
      return { source: NO_SOURCE, result: { reject: true, reason: 'normalizer-threw' } };
    }
  }

  async function store(entry: GotifyEntry, signal: AbortSignal, server: string): Promise<void> {
    const { message } = entry;
    const { source, result } = understand(message, server);
    const isForeign = 'reject' in result && FOREIGN.has(result.reason);
    const input: IngestInput = {
      source,
      origin: `gotify message ${entry.id}`,
      // Other applications of the same user are no business of ours: that there was a message is enough.
      raw: isForeign ? withoutText(message) : entry.raw,
      receivedAt: clock.now(),
      ...identityNotes(result),
    };
    await settle(input, result, signal);
  }

  return {
    async start() {
      if (access === undefined) {
        log.info('Gotify is not read: set GOTIFY_IN_SERVER_URL and GOTIFY_IN_CLIENT_TOKEN to read it');
        return;
      }
      await inventory.start();
      const { host } = new URL(access.url);
      const cursors = await bus.kv('CURSORS');
      const opened = (client = createGotifyClient(access));
      reader = createSourceReader({
        service: NAME,
        bus,
        log,
        instance,
        clock,
        random: time.random ?? Math.random,
        read(session) {
          connections.inc();
          return readMessages(session, {
            access,
            client: opened,
            // Another server counts its messages by itself.
            cursor: createCursor(cursors, `gotify.${token(host)}`),
            clock,
            log,
            pollIntervalMs: config.GOTIFY_IN_POLL_INTERVAL * 1_000,
            store: (entry, signal) => store(entry, signal, host),
            refuse: async (refused, raw, signal) => {
              await settle(
                { source: NO_SOURCE, origin: 'gotify stream', raw, receivedAt: clock.now() },
                refused,
                signal,
              );
            },
          });
        },
      });
      await reader.start();
    },
    async stop() {
      const running = reader;
      reader = undefined;
      await running?.stop();
      await client?.close();
      client = undefined;
      await line.stop();
      await inventory.stop();
    },
    isReady: () => access === undefined || reader !== undefined,
    details: () => (access === undefined ? { enabled: false } : { reading: reader?.isReading() ?? false }),
  };
}

function withoutText(message: GotifyEntry['message']): string {
  if ('reject' in message) return '';
  const { id, appid, priority } = message;
  return JSON.stringify({ id, appid, priority });
}
