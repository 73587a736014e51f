import type { HostIndex } from '@proxmox-mcp/proxmox-events';
import { token, type Channel } from '@proxmox-mcp/schemas';
import type { CounterHandle, Logger, Service, ServiceContext } from '@proxmox-mcp/service-kit';
import type { Clock } from './clock.ts';
import { createCursor, type Cursor } from './cursor.ts';
import { identityNotes } from './drafts-again.ts';
import { createIngestLine } from './ingest-line.ts';
import { createLiveInventory } from './live-inventory.ts';
import { normalizeSafely, type NormalizedMessage } from './normalized-message.ts';
import { createPatientSettle } from './patient-settle.ts';
import type { Refused } from './refused.ts';
import { createSourceReader, type ReadSession, type SourceReader } from './source-reader.ts';

/** A message as it is kept beside its event. */
export interface KeptMessage {
  /** Number or word by which the server knows it. */
  readonly id: string | number;
  readonly raw: string;
  /** `raw` is not all there was. */
  readonly cut?: boolean;
}

/** What one session of reading has at hand. */
export interface ReadingTools<Client> {
  readonly client: Client;
  /** How far this server has been read. */
  readonly cursor: Cursor;
  readonly clock: Clock;
  readonly log: Logger;
  /** Host and port of the server: part of the identity of its messages, which another server counts by itself. */
  readonly server: string;
  /** What a message says, by the hosts known at the moment; one that our normalizer fails at is refused. */
  understand(id: string | number, normalize: (index: HostIndex) => NormalizedMessage): NormalizedMessage;
  /** Resolves when what a message says is stored, and not while the bus is away: the cursor may move on then. */
  store(understood: NormalizedMessage, message: KeptMessage, signal: AbortSignal): Promise<void>;
  /** Something that came and is no message. Resolves when it is kept. */
  refuse(refused: Refused, raw: Buffer | string, signal: AbortSignal): Promise<void>;
}

/** A server whose messages are read, and how. */
export interface ReadableServer<Client> {
  readonly url: string;
  /** Opens nothing before its first call. */
  connect(): Client;
  /** One go at reading, as in `SourceReaderOptions`. */
  read(session: ReadSession, tools: ReadingTools<Client>): Promise<void>;
}

export interface ReadingServiceOptions<Client> {
  /** The service; also the name under which the source reports. */
  readonly service: string;
  /** Also the source of dead letters that are of none. */
  readonly channel: Channel;
  readonly clock: Clock;
  readonly random: () => number;
  /** Counts connections begun. */
  readonly connections: CounterHandle;
  /** Counts refused messages that were too many to be kept, by `reason`. */
  readonly unkept: CounterHandle;
  /** `undefined` where none is configured: the service does nothing then. */
  readonly server: ReadableServer<Client> | undefined;
  /** What the log says then: the settings that are missing. */
  readonly unset: string;
}

/**
 * A service that reads the messages of one server, each replica in its turn: what stands between its settings, which the service
 * reads, and the protocol, which `server.read` speaks. It knows the hosts, keeps the place, stores what is understood and reports
 * how the reading goes.
 */
export function createReadingService<Client extends { close(): Promise<void> }>(
  context: ServiceContext<unknown>,
  options: ReadingServiceOptions<Client>,
): Service {
  const { bus, log, instance } = context;
  const { service, channel, clock, random, connections, unkept, server, unset } = options;
  const inventory = createLiveInventory({ bus, log, configured: context.inventory, hosts: context.hosts });
  const line = createIngestLine({ ...context, service, channel });
  const settle = createPatientSettle({ line, clock, unkept });
  let client: Client | undefined;
  let reader: SourceReader | undefined;

  const tools = {
    clock,
    log,
    understand: (id, normalize) =>
      normalizeSafely(() => normalize(inventory.index()), { id, noSource: channel, log }),
    async store({ source, result }, { id, ...kept }, signal) {
      const origin = `${channel} message ${id}`;
      await settle(
        { source, origin, receivedAt: clock.now(), ...identityNotes(result), ...kept },
        result,
        signal,
      );
    },
    async refuse(refused, raw, signal) {
      const origin = `${channel} stream`;
      await settle({ source: channel, origin, raw, receivedAt: clock.now() }, refused, signal);
    },
  } satisfies Partial<ReadingTools<Client>>;

  return {
    async start() {
      if (server === undefined) {
        log.info(unset);
        return;
      }
      await inventory.start();
      const { host } = new URL(server.url);
      const cursors = await bus.kv('CURSORS');
      const opened = (client = server.connect());
      reader = createSourceReader({
        service,
        bus,
        log,
        instance,
        clock,
        random,
        read(session) {
          connections.inc();
          // Another server counts its messages by itself.
          const cursor = createCursor(cursors, `${channel}.${token(host)}`);
          return server.read(session, { ...tools, client: opened, cursor, server: host });
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
    isReady: () => server === undefined || reader !== undefined,
    details: () => (server === undefined ? { enabled: false } : { reading: reader?.isReading() ?? false }),
  };
}
