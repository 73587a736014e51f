import { join } from 'node:path';
import type { Bus } from './bus.ts';
import { createEmbeddedBus } from './embedded/embedded-bus.ts';
import type { BusLog } from './shared/log.ts';
import type { Retention } from './shared/retention.ts';

/** Which bus, and where it keeps what. */
export interface BusSettings {
  /** Servers of NATS; `undefined` or empty: the embedded bus, for one process. */
  readonly natsUrl?: readonly string[] | undefined;
  readonly natsCredsFile?: string | undefined;
  /** Copies in a cluster: 1 (default), 3 or 5. */
  readonly natsReplicas?: number;
  /** Exists; holds `bus.sqlite`, or with NATS the outbox. */
  readonly dataDir: string;
  /** `full`: an acknowledgement survives power loss. Of the embedded bus and the outbox; NATS has its own setting. */
  readonly sync?: 'normal' | 'full';
  readonly retention?: Partial<Retention>;
}

export interface OpenBusOptions {
  /** Names the connection in the server's list, and the outbox's file: the services of this process. */
  readonly name: string;
  /** With NATS: keep what is published while it is away in a file. For those whose senders cannot be told to wait. */
  readonly outbox?: boolean;
  readonly log?: BusLog;
  readonly now?: () => number;
  /** Ends waiting for NATS. */
  readonly signal?: AbortSignal;
}

/**
 * Opens the bus of this process: NATS where servers are named, else the embedded one in `<dataDir>/bus.sqlite`.
 *
 * @throws {BusUnavailable} another process has the embedded bus open.
 * @throws {NatsRefused} the server is too old, has no JetStream, or does not let us in.
 */
export async function openBus(settings: BusSettings, options: OpenBusOptions): Promise<Bus> {
  const { natsUrl = [], natsCredsFile, natsReplicas, dataDir, retention = {} } = settings;
  const { name, log, now, signal } = options;
  const synchronous = settings.sync === 'full' ? 'FULL' : 'NORMAL';
  const common = { ...(log === undefined ? {} : { log }), ...(now === undefined ? {} : { now }) };
  if (natsUrl.length === 0) {
    return await createEmbeddedBus({ ...common, file: join(dataDir, 'bus.sqlite'), synchronous, retention });
  }
  // Its client is a third of what a process without NATS would otherwise load for nothing.
  const { createNatsBus } = await import('./nats/nats-bus.ts');
  return await createNatsBus({
    ...common,
    ...retention,
    servers: natsUrl.join(','),
    name,
    ...(natsCredsFile === undefined ? {} : { credsFile: natsCredsFile }),
    ...(natsReplicas === undefined ? {} : { replicas: natsReplicas }),
    ...(options.outbox === true
      ? { outboxFile: join(dataDir, `outbox-${name}.sqlite`), outboxSynchronous: synchronous }
      : {}),
    ...(signal === undefined ? {} : { signal }),
  });
}
