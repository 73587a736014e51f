import { openBus, type Bus } from '@proxmox-mcp/bus';
import type { CommonSettings } from '@proxmox-mcp/config';
import type { Logger } from 'pino';

const DAY_MS = 86_400_000;

export interface ProcessBusOptions {
  readonly common: CommonSettings;
  readonly dataDir: string;
  /** Services of this process: name of the NATS client and of the outbox. */
  readonly services: readonly string[];
  /** A way in cannot tell its senders to wait: what it hears while NATS is away is kept in a local outbox. */
  readonly needsOutbox: boolean;
  readonly log: Logger;
  readonly signal?: AbortSignal;
}

/** Opens the one bus of this process: NATS where NATS_URL names servers, else the embedded log in DATA_DIR. */
export async function openProcessBus(options: ProcessBusOptions): Promise<Bus> {
  const { common, services, log, signal } = options;
  return openBus(
    {
      natsUrl: common.NATS_URL,
      natsCredsFile: common.NATS_CREDS_FILE,
      natsReplicas: common.NATS_REPLICAS,
      dataDir: options.dataDir,
      sync: common.BUS_SYNC,
      retention: { maxAgeMs: common.HISTORY_DAYS * DAY_MS, maxBytes: common.HISTORY_MAX_BYTES },
    },
    {
      name: services.length === 1 ? (services[0] ?? 'all-in-one') : 'all-in-one',
      outbox: options.needsOutbox,
      log,
      ...(signal === undefined ? {} : { signal }),
    },
  );
}
