import { join } from 'node:path';
import { createEmbeddedBus, type Bus } from '@proxmox-mcp/bus';
import type { CommonSettings } from '@proxmox-mcp/config';
import type { Logger } from 'pino';

const DAY_MS = 86_400_000;

export interface ProcessBusOptions {
  readonly common: CommonSettings;
  readonly dataDir: string;
  readonly instance: string;
  /** Services of this process: part of the NATS client's name. */
  readonly services: readonly string[];
  /** A way in cannot tell its senders to wait: what it hears while NATS is away is kept in a local outbox. */
  readonly needsOutbox: boolean;
  readonly log: Logger;
  readonly signal?: AbortSignal;
}

/** Opens the one bus of this process: NATS where NATS_URL names servers, else the embedded log in DATA_DIR. */
export async function openProcessBus(options: ProcessBusOptions): Promise<Bus> {
  const { common, dataDir, log } = options;
  const retention = { maxAgeMs: common.HISTORY_DAYS * DAY_MS, maxBytes: common.HISTORY_MAX_BYTES };
  return createEmbeddedBus({
    file: join(dataDir, 'bus.sqlite'),
    synchronous: common.BUS_SYNC === 'full' ? 'FULL' : 'NORMAL',
    retention,
    log,
  });
}
