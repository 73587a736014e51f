import { createSharedNames, WrongRevision, type Bus, type SharedNames } from '@proxmox-mcp/bus';
import type { Degradation } from '@proxmox-mcp/schemas';
import type { Logger } from '@proxmox-mcp/service-kit';
import type { Clock } from './clock.ts';
import { createSourceReport } from './source-report.ts';

/** A degradation before it is known since when. */
export type Trouble = Omit<Degradation, 'since'>;

/** A server could not be read: why, and what mends it. Nothing of a URL or an answer is repeated in it. */
export class SourceFailure extends Error {
  override readonly name = 'SourceFailure';
  readonly trouble: Trouble;
  constructor(trouble: Trouble, options?: ErrorOptions) {
    super(trouble.detail, options);
    this.trouble = trouble;
  }
}

/** One go at reading, from connecting to the end of the connection. */
export interface ReadSession {
  /** Aborts when the source is no longer ours. */
  readonly signal: AbortSignal;
  /** The server answers and is read, wholly or with these troubles. */
  up(troubles?: readonly Trouble[]): void;
  /** Something arrived and was stored. */
  succeeded(): void;
}

export interface SourceReaderOptions {
  /** The service; also the name under which the source reports. */
  readonly service: string;
  readonly bus: Bus;
  readonly log: Logger;
  /** Unique per process. */
  readonly instance: string;
  readonly clock: Clock;
  readonly random: () => number;
  /**
   * Reads until the server ends the connection (resolves) or something fails (throws `SourceFailure`); called again after a pause.
   */
  readonly read: (session: ReadSession) => Promise<void>;
}

/** A server that is read by one replica at a time. */
export interface SourceReader {
  /** Resolves when the lease was asked for; reading goes on by itself. */
  start(): Promise<void>;
  /** Ends the reading and gives the lease back. Safe without start, and twice. */
  stop(): Promise<void>;
  /** Whether this replica is the one that reads. */
  isReading(): boolean;
}

/** A replica that fell silent for so long has lost the source to the others. */
const LEASE_TTL_MS = 10_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** A connection that held for so long was a good one: the next failure begins with the shortest pause. */
const STABLE_MS = 10_000;

/** Reads a server on behalf of all replicas: lease, pauses that double with jitter, and the report of the source. */
export function createSourceReader(options: SourceReaderOptions): SourceReader {
  const { service, bus, log, instance } = options;
  let share: SharedNames | undefined;
  let running: { readonly stopping: AbortController; readonly done: Promise<void> } | undefined;

  async function end(): Promise<void> {
    const current = running;
    running = undefined;
    current?.stopping.abort();
    await current?.done;
  }

  return {
    async start() {
      share = createSharedNames({
        kv: await bus.kv('LEASES'),
        group: service,
        owner: instance,
        ttlMs: LEASE_TTL_MS,
        names: () => [service],
        onGained() {
          const before = running?.done ?? Promise.resolve();
          running?.stopping.abort();
          const stopping = new AbortController();
          running = { stopping, done: before.then(() => readUntil(stopping.signal, options)) };
        },
        onLost: end,
        log,
      });
      await share.start();
    },
    async stop() {
      const wasOurs = running !== undefined;
      await end();
      if (wasOurs) {
        const report = createSourceReport({
          bus,
          log,
          name: service,
          service,
          now: () => options.clock.now(),
        });
        await report.set('down', [{ reason: 'stopped', detail: 'the service was stopped' }]);
      }
      // After the report, or it would overwrite that of the replica which takes over.
      await share?.stop();
      share = undefined;
    },
    isReading: () => running !== undefined,
  };
}

async function readUntil(signal: AbortSignal, options: SourceReaderOptions): Promise<void> {
  const { service, bus, log, clock, random, read } = options;
  const report = createSourceReport({ bus, log, name: service, service, now: () => clock.now() });
  await report.set('starting');
  let failures = 0;
  let isDown = false;
  while (!signal.aborted) {
    let upAt: number | undefined;
    try {
      await read({
        signal,
        up(troubles = []) {
          upAt ??= clock.now();
          if (isDown) log.info('source is read again');
          isDown = false;
          void report.set(troubles.length > 0 ? 'degraded' : 'ok', troubles);
        },
        succeeded: () => report.succeeded(),
      });
    } catch (err) {
      if (signal.aborted) return;
      const trouble = troubleOf(err, log);
      if (trouble !== undefined) {
        if (!isDown) log.warn({ ...trouble }, 'source lost, will try again');
        isDown = true;
        await report.set('down', [trouble]);
      }
    }
    if (upAt !== undefined && clock.now() - upAt >= STABLE_MS) failures = 0;
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures++, 16), LONGEST_PAUSE_MS);
    await clock.sleep(pause * (0.75 + random() / 4), signal).catch(() => undefined);
  }
}

function troubleOf(err: unknown, log: Logger): Trouble | undefined {
  if (err instanceof SourceFailure) return err.trouble;
  // Another replica has written the cursor; the lease will say so in a moment.
  if (err instanceof WrongRevision) return undefined;
  log.error({ err }, 'reading a source failed, will try again');
  return { reason: 'failed', detail: 'reading failed; the log says why' };
}
