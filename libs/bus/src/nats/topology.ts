import { type JetStreamManager, type StreamConfig } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { STREAMS } from '@proxmox-mcp/schemas';
import { STREAM_NAMES } from '../shared/limits.ts';
import { bytesOf } from '../shared/retention.ts';
import { NatsRefused } from './nats-refused.ts';

/** Stream that keeps the server's word about messages whose last delivery was not acknowledged. */
export const ADVISORIES = 'ADVISORIES';
const DEDUP_MS = 120_000;
const ADVISORIES_BYTES = 10_000_000;
// JetStream's code for "stream name already in use with a different configuration".
const NAME_IN_USE = 10_058;
// … for "insufficient storage resources available": the server reserves a stream's bytes when it is made.
const NO_STORAGE = 10_047;

export interface TopologySettings {
  /** Copies in a cluster: 1, 3 or 5. */
  readonly replicas: number;
  readonly maxAgeMs: number;
  /** Of all streams together. */
  readonly maxBytes: number;
}

/** Makes every stream, or brings it up to these settings. Any number of processes may do so at once. */
export async function ensureStreams(jsm: JetStreamManager, settings: TopologySettings): Promise<void> {
  const kept = {
    max_age: nanos(settings.maxAgeMs),
    num_replicas: settings.replicas,
  };
  const streams = STREAM_NAMES.map((name) => ({
    ...kept,
    name,
    max_bytes: bytesOf(name, settings.maxBytes),
    subjects: [STREAMS[name]],
    duplicate_window: nanos(DEDUP_MS),
  }));
  const advisories = {
    ...kept,
    name: ADVISORIES,
    max_bytes: ADVISORIES_BYTES,
    subjects: STREAM_NAMES.map((name) => `$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.${name}.*`),
  };
  await Promise.all([...streams, advisories].map((config) => ensureStream(jsm, config)));
}

async function ensureStream(
  jsm: JetStreamManager,
  config: Partial<StreamConfig> & { name: string },
): Promise<void> {
  try {
    await jsm.streams.add(config).catch((error: unknown) => {
      if (apiCode(error) !== NAME_IN_USE) throw error;
      return jsm.streams.update(config.name, config);
    });
  } catch (cause) {
    if (apiCode(cause) !== NO_STORAGE) throw cause;
    throw new NatsRefused(
      `making stream ${config.name}: the NATS server has no ${config.max_bytes} bytes of JetStream storage left; ` +
        'keep less history or raise its max_file_store',
      { cause },
    );
  }
}

/** JetStream's own number of an error; `undefined` for other errors. */
export function apiCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'number' ? error.code : undefined;
}
