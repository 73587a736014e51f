import type { KeyValue } from '@proxmox-mcp/bus';
import { createIngestLine } from '@proxmox-mcp/ingest-kit';
import type { Clock } from '@proxmox-mcp/proxmox-client';
import { stateKeys, type SourceState } from '@proxmox-mcp/schemas';
import type { ServiceContext } from '@proxmox-mcp/service-kit';
import type { IngestWebsocketConfig } from '../config.ts';
import type { Trouble } from '../host/degradation.ts';
import { startFeed, type Feed } from './feed.ts';
import { normalizeFrame } from './normalize-frame.ts';

export interface FeedsOptions {
  readonly context: ServiceContext<IngestWebsocketConfig>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly state: KeyValue;
}

/** The feeds of EVENT_WS_URLS by name, not yet connected. An entry that is no WebSocket URL is told and left out. */
export function readFeeds({ context, clock, random, state }: FeedsOptions): Map<string, () => Feed> {
  const { config, log } = context;
  const line = createIngestLine({ ...context, service: 'ingest-websocket', channel: 'websocket' });
  const feeds = (config.EVENT_WS_URLS ?? []).flatMap((url, index): [string, () => Feed][] => {
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    if (!parsed || !/^wss?:$/.test(parsed.protocol)) {
      // By its place: the entry may hold a secret.
      log.warn({ entry: index + 1 }, 'entry of EVENT_WS_URLS is no ws:// or wss:// URL, left out');
      return [];
    }
    const name = `feed-${parsed.hostname.replace(/[^A-Za-z0-9.-]/g, '')}${index === 0 ? '' : `-${index + 1}`}`;
    const report = async (troubles: readonly Trouble[]) => {
      const at = new Date(clock.now()).toISOString();
      const source: SourceState = {
        name,
        service: 'ingest-websocket',
        status: troubles.length > 0 ? 'down' : 'ok',
        degraded: troubles.map((trouble) => ({ ...trouble, since: at })),
        at,
      };
      await state.put(stateKeys.source(name), JSON.stringify(source));
    };
    const start = () =>
      startFeed({
        url,
        name,
        maxFrameBytes: config.WEBSOCKET_MAX_FRAME_BYTES,
        longestPauseMs: config.EVENT_WS_RECONNECT_INTERVAL * 1000,
        clock,
        log,
        random,
        onFrame: async (raw) => {
          const input = { source: name, origin: name, raw, receivedAt: clock.now() };
          await line.ingest(input, ({ receivedAt }) =>
            normalizeFrame(raw, { receivedAt, inventory: context.inventory }),
          );
        },
        onState: (troubles) => {
          report(troubles).catch((err: unknown) =>
            log.warn({ err, feed: name }, 'state of the feed not written'),
          );
        },
      });
    return [[name, start]];
  });
  return new Map(feeds);
}
