import * as z from 'zod';
import { bool, int, list, oneOf, port, text } from './fields.ts';

/** Settings of every process, whatever services it runs. */
export const CommonSettings = z.object({
  LOG_LEVEL: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal'])
    .default('info')
    .describe('How much is logged: trace, debug, info, warn, error or fatal.'),
  DATA_DIR: text().default('./data').describe('Folder for the bus, the history and tokens.'),
  NATS_URL: list()
    .optional()
    .describe(
      'NATS servers, separated by commas (nats://host:4222). Unset: the embedded bus, one process only.',
    ),
  NATS_CREDS_FILE: text().optional().describe('Path of a NATS credentials file.'),
  NATS_REPLICAS: int(1, 5)
    .default(1)
    .describe('Copies JetStream keeps of each stream and bucket; 3 in a NATS cluster.'),
  BUS_SYNC: oneOf(['normal', 'full'])
    .default('normal')
    .describe(
      'Embedded bus: normal acknowledges before the disk has synced (a power cut can lose the last moments, a crash cannot); full waits for the disk.',
    ),
  HISTORY_DAYS: int(1, 3650).default(14).describe('Days that events, facts and incidents are kept.'),
  HISTORY_MAX_BYTES: int(50_000_000)
    .default(5_368_709_120)
    .describe('Bytes that the history may use; the oldest goes first.'),
  ADMIN_PORT: port().default(9464).describe('Port of /healthz, /readyz and /metrics; 0 takes a free one.'),
  ADMIN_HOST: text()
    .default('127.0.0.1')
    .describe('Address the admin port listens on; it asks for no token, so keep it private.'),
  SHUTDOWN_TIMEOUT_MS: int(100, 600_000)
    .default(10_000)
    .describe('Milliseconds services may take to finish what they hold when told to stop.'),
  INGEST_RATE_PER_SECOND: int(1, 1_000_000)
    .default(200)
    .describe(
      'Events a second that one source may tell in the long run; a task counts a fiftieth. Beyond it events below error are only counted, in a storm.',
    ),
  INGEST_BURST: int(1, 100_000_000)
    .default(5_000)
    .describe(
      'Events that one source may tell at once before INGEST_RATE_PER_SECOND holds; a task counts a fiftieth.',
    ),
  ENABLE_EVENT_LISTENERS: bool().default(true).describe('Off: no events are taken in at all.'),
  ENABLED_EVENT_LISTENERS: list()
    .optional()
    .describe(
      'Ways in that may run: WEBSOCKET, EMAIL, SYSLOG, DISCORD_IN, GOTIFY_IN, NTFY, WEBHOOK. Unset: all.',
    ),
});
export type CommonSettings = z.infer<typeof CommonSettings>;
