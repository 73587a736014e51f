import { createReadingService, type Clock } from '@proxmox-mcp/ingest-kit';
import { systemClock } from '@proxmox-mcp/proxmox-client';
import { defineService, type Service, type ServiceContext } from '@proxmox-mcp/service-kit';
import { accessOf, NtfyConfig } from './config.ts';
import { normalizeMessage } from './normalize.ts';
import type { NtfyMessage } from './parse.ts';
import { createNtfyClient, type NtfyClient } from './read/client.ts';
import { readTopics } from './read/read-topics.ts';

const NAME = 'ingest-ntfy';
const MASK = '***';

/** Reads the notifications that Proxmox hosts sent to ntfy topics. */
export const ingestNtfy = defineService({
  name: NAME,
  config: NtfyConfig,
  listener: { word: 'NTFY', switchKey: 'NTFY_IN_ENABLED' },
  create: (context) => createIngestNtfy(context),
});

/** The service, with a clock of the caller's choice. */
export function createIngestNtfy(
  context: ServiceContext<NtfyConfig>,
  time: { readonly clock?: Clock; readonly random?: () => number } = {},
): Service {
  const { config, metrics } = context;
  const access = accessOf(config);
  const topics = context.inventory.ntfy?.topics ?? {};
  /** On a public server who knows a topic can write to it: no letter may tell. */
  const masked = (raw: string) =>
    (access?.topics ?? []).reduce((text, topic) => text.replaceAll(`"${topic}"`, `"${MASK}"`), raw);
  return createReadingService(context, {
    service: NAME,
    channel: 'ntfy',
    clock: time.clock ?? { now: context.now, sleep: (ms, signal) => systemClock.sleep(ms, signal) },
    random: time.random ?? Math.random,
    connections: metrics.counter('ntfy_connections_total', 'Connections to the ntfy server begun'),
    unkept: metrics.counter('ntfy_unkept_total', 'Refused messages too many to be kept', ['reason']),
    unset: 'ntfy is not read: set NTFY_IN_SERVER_URL and NTFY_IN_TOPICS to read it',
    server: access && {
      url: access.url,
      connect: () => createNtfyClient(access),
      read: (session, tools) =>
        readTopics(session, {
          ...tools,
          async store(message, raw, signal) {
            const text = await whole(tools.client, message, signal);
            const understood = tools.understand(message.id, (index) =>
              normalizeMessage(text, { topics, index, server: tools.server }),
            );
            // A text that lies in a file of the server is not in what is kept.
            const kept = { id: message.id, raw: masked(raw), cut: message.file !== undefined };
            await tools.store(understood, kept, signal);
          },
          refuse: (refused, raw, signal) => tools.refuse(refused, masked(raw), signal),
        }),
    },
  });
}

/** The message with its whole text, where that lies in a file of the server and can be had; else as it is, cut. */
async function whole(client: NtfyClient, message: NtfyMessage, signal: AbortSignal): Promise<NtfyMessage> {
  if (message.file === undefined) return message;
  const text = await client.file(message, signal);
  if (text === undefined) return message;
  const { file: _fetched, ...rest } = message;
  return { ...rest, message: text };
}
