import {
  createCursor,
  createIngestLine,
  createLiveInventory,
  createPatientSettle,
  createSourceReader,
  identityNotes,
  type Clock,
  type SourceReader,
} from '@proxmox-mcp/ingest-kit';
import { systemClock } from '@proxmox-mcp/proxmox-client';
import { token } from '@proxmox-mcp/schemas';
import { defineService, type Service, type ServiceContext } from '@proxmox-mcp/service-kit';
import { accessOf, NtfyConfig } from './config.ts';
import { NO_SOURCE, normalizeMessage, type NormalizedMessage } from './normalize.ts';
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
  const { config, bus, log, metrics, instance } = context;
  const clock = time.clock ?? { now: context.now, sleep: (ms, signal) => systemClock.sleep(ms, signal) };
  const access = accessOf(config);
  const topics = context.inventory.ntfy?.topics ?? {};
  const inventory = createLiveInventory({ bus, log, configured: context.inventory, hosts: context.hosts });
  const line = createIngestLine({ ...context, service: NAME, channel: 'ntfy' });
  const connections = metrics.counter('ntfy_connections_total', 'Connections to the ntfy server begun');
  const unkept = metrics.counter('ntfy_unkept_total', 'Refused messages too many to be kept', ['reason']);
  const settle = createPatientSettle({ line, clock, unkept });
  let client: NtfyClient | undefined;
  let reader: SourceReader | undefined;

  function understand(message: NtfyMessage, server: string): NormalizedMessage {
    try {
      return normalizeMessage(message, { topics, index: inventory.index(), server });
    } catch (err) {
      // Our fault; the next message must not wait for it.
      log.error({ err, id: message.id }, 'normalizer threw, message kept as a dead letter');
      return { source: NO_SOURCE, result: { reject: true, reason: 'normalizer-threw' } };
    }
  }

  /** On a public server who knows a topic can write to it: no letter may tell. */
  const masked = (raw: string) =>
    (access?.topics ?? []).reduce((text, topic) => text.replaceAll(`"${topic}"`, `"${MASK}"`), raw);

  return {
    async start() {
      if (access === undefined) {
        log.info('ntfy is not read: set NTFY_IN_SERVER_URL and NTFY_IN_TOPICS to read it');
        return;
      }
      await inventory.start();
      const { host } = new URL(access.url);
      const cursors = await bus.kv('CURSORS');
      const opened = (client = createNtfyClient(access));
      reader = createSourceReader({
        service: NAME,
        bus,
        log,
        instance,
        clock,
        random: time.random ?? Math.random,
        read(session) {
          connections.inc();
          return readTopics(session, {
            client: opened,
            cursor: createCursor(cursors, `ntfy.${token(host)}`),
            clock,
            log,
            async store(message, raw, signal) {
              const { source, result } = understand(await whole(opened, message, signal), host);
              const origin = `ntfy message ${message.id}`;
              // A text that lies in a file of the server is not in what is kept.
              const notes = { ...identityNotes(result), cut: message.file !== undefined };
              const input = { source, origin, raw: masked(raw), receivedAt: clock.now(), ...notes };
              await settle(input, result, signal);
            },
            refuse: async (refused, raw, signal) => {
              await settle(
                { source: NO_SOURCE, origin: 'ntfy stream', raw: masked(raw), receivedAt: clock.now() },
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

/** The message with its whole text, where that lies in a file of the server and can be had; else as it is, cut. */
async function whole(client: NtfyClient, message: NtfyMessage, signal: AbortSignal): Promise<NtfyMessage> {
  if (message.file === undefined) return message;
  const text = await client.file(message, signal);
  if (text === undefined) return message;
  const { file: _fetched, ...rest } = message;
  return { ...rest, message: text };
}
