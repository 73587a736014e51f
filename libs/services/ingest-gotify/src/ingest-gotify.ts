import { createReadingService, type Clock } from '@proxmox-mcp/ingest-kit';
import { systemClock } from '@proxmox-mcp/proxmox-client';
import type { NormalizeResult } from '@proxmox-mcp/schemas';
import { defineService, type Service, type ServiceContext } from '@proxmox-mcp/service-kit';
import { createGotifyApps } from './apps.ts';
import { accessOf, GotifyConfig } from './config.ts';
import { NO_SOURCE, normalizeMessage } from './normalize.ts';
import type { GotifyEntry } from './parse.ts';
import { createGotifyClient } from './read/client.ts';
import { readMessages } from './read/read-messages.ts';

const NAME = 'ingest-gotify';
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
  const { config, metrics } = context;
  const access = accessOf(config);
  const apps = createGotifyApps(config.GOTIFY_IN_APP_IDS, context.inventory);
  return createReadingService(context, {
    service: NAME,
    channel: 'gotify',
    clock: time.clock ?? { now: context.now, sleep: (ms, signal) => systemClock.sleep(ms, signal) },
    random: time.random ?? Math.random,
    connections: metrics.counter('gotify_connections_total', 'Connections to the Gotify server begun'),
    unkept: metrics.counter('gotify_unkept_total', 'Refused messages too many to be kept', ['reason']),
    unset: 'Gotify is not read: set GOTIFY_IN_SERVER_URL and GOTIFY_IN_CLIENT_TOKEN to read it',
    server: access && {
      url: access.url,
      connect: () => createGotifyClient(access),
      read: (session, tools) =>
        readMessages(session, {
          ...tools,
          access,
          pollIntervalMs: config.GOTIFY_IN_POLL_INTERVAL * 1_000,
          async store(entry, signal) {
            const { id, message } = entry;
            const understood = tools.understand(id, (index) =>
              'reject' in message
                ? { source: NO_SOURCE, result: message }
                : normalizeMessage(message, { apps, index, server: tools.server }),
            );
            await tools.store(understood, { id, raw: keptOf(entry, understood.result) }, signal);
          },
        }),
    },
  });
}

/** Other applications of the same user are no business of ours: that there was a message is enough. */
function keptOf({ message, raw }: GotifyEntry, result: NormalizeResult): string {
  const isForeign = 'reject' in result && FOREIGN.has(result.reason);
  if (!isForeign || 'reject' in message) return raw;
  const { id, appid, priority } = message;
  return JSON.stringify({ id, appid, priority });
}
