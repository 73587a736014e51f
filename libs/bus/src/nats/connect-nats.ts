import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import {
  connect,
  credsAuthenticator,
  errors,
  type NatsConnection,
  type NodeConnectionOptions,
} from '@nats-io/transport-node';
import type { BusLog } from '../shared/log.ts';
import { messageOf } from '../shared/message-of.ts';
import { NatsRefused } from './nats-refused.ts';
import { isSupported } from './server-version.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const LONGEST_WAIT_MS = 5_000;

export interface ConnectSettings {
  /** `nats://host:4222`, several joined by commas; may carry `user:password@`. */
  readonly servers: string;
  /** File with a JWT and its seed, as `nsc generate creds` writes it. */
  readonly credsFile?: string;
  /** Shown in the server's list of connections. */
  readonly name: string;
  readonly log: BusLog;
}

/**
 * Connects once.
 *
 * @throws {NatsRefused} the server is too old or does not let us in.
 * @throws {Error} not reachable now.
 */
export async function connectOnce(settings: ConnectSettings): Promise<NatsConnection> {
  let connection: NatsConnection;
  try {
    connection = await connect(await connectionOptions(settings));
  } catch (cause) {
    if (cause instanceof errors.AuthorizationError) {
      throw new NatsRefused(`connecting to NATS at ${shown(settings.servers)}: not authorised`, { cause });
    }
    throw cause;
  }
  const version = connection.info?.version ?? 'of unknown version';
  if (isSupported(version) && connection.info?.jetstream === true) return connection;
  await connection.close();
  throw new NatsRefused(
    isSupported(version)
      ? `the NATS server at ${shown(settings.servers)} runs without JetStream; start it with -js`
      : `the NATS server at ${shown(settings.servers)} is ${version}; at least 2.10 is needed`,
  );
}

/**
 * Connects, waiting for the server as long as it takes.
 *
 * @throws {NatsRefused} see `connectOnce`. @throws what `signal` was aborted with.
 */
export async function connectPatiently(
  settings: ConnectSettings,
  signal: AbortSignal,
): Promise<NatsConnection> {
  for (let attempt = 0; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await orAborted(connectOnce(settings), signal);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof NatsRefused) throw error;
      // Every half minute or so one line: a server that is missing for a day must not fill a disk.
      if (attempt % 6 === 0) {
        settings.log.warn(
          { servers: shown(settings.servers), reason: messageOf(error) },
          'NATS not reached, will keep trying',
        );
      }
    }
    const longest = Math.min(LONGEST_WAIT_MS, 200 * 2 ** Math.min(attempt, 10));
    // Aborted, it ends early; the loop then says with what reason.
    await wait(longest * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => {});
  }
}

/** Does not wait for an attempt once aborted; a connection that comes all the same is closed. */
async function orAborted(connecting: Promise<NatsConnection>, signal: AbortSignal): Promise<NatsConnection> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([connecting, aborted.promise]);
  } catch (error) {
    connecting.then((late) => late.close()).catch(() => {});
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function connectionOptions(settings: ConnectSettings): Promise<NodeConnectionOptions> {
  const urls = settings.servers
    .split(',')
    .map((server) => server.trim())
    .filter((server) => server !== '')
    .map(parseServer);
  const login = urls.find((url) => url.username !== '');
  return {
    servers: urls.map((url) => url.host),
    name: settings.name,
    ...(login === undefined
      ? {}
      : { user: decodeURIComponent(login.username), pass: decodeURIComponent(login.password) }),
    ...(settings.credsFile === undefined
      ? {}
      : { authenticator: credsAuthenticator(await readFile(settings.credsFile)) }),
    ...(urls.some((url) => url.protocol === 'tls:') ? { tls: {} } : {}),
    timeout: CONNECT_TIMEOUT_MS,
    reconnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    ignoreAuthErrorAbort: true,
    // A peer that is gone without a word is noticed within half a minute.
    pingInterval: 10_000,
    maxPingOut: 2,
    // Without this, two stack traces are made for every request that succeeds: half of the client's time.
    noAsyncTraces: true,
  };
}

function parseServer(server: string): URL {
  const url = URL.parse(server.includes('://') ? server : `nats://${server}`);
  // The text may hold a password: it is not repeated.
  if (url === null || url.hostname === '')
    throw new NatsRefused('NATS_URL is not a list of nats://host:port');
  return url;
}

/** The servers without user and password. */
function shown(servers: string): string {
  return servers
    .split(',')
    .map((server) => server.trim().replace(/^([a-z]+:\/\/)?[^@]*@/, '$1'))
    .join(', ');
}
