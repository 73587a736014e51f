import { Pool } from 'undici';
import type { Dispatcher } from 'undici';
import type { Clock } from '../clock.ts';
import type { HostEndpoint, HostTls } from '@proxmox-mcp/schemas';
import { createBreaker, type Breaker } from './breaker.ts';
import { readBody } from './body.ts';
import { createConnector, type PeerCertificate } from './connector.ts';
import { TransportFailure, exchangeFailure } from './failure.ts';

/** One HTTP request, ready to be sent to any endpoint. */
export interface RawRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With `/api2/json` and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** One whole HTTP answer. */
export interface RawAnswer {
  readonly status: number;
  /** PVE says here what went wrong; the only place for 401, 595 and 596. */
  readonly reason: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** One way into a host, with its connections and its record of failures. */
export interface Endpoint {
  /** `host:port`. */
  readonly name: string;
  readonly breaker: Breaker;
  /** Of the latest handshake. */
  readonly certificate: PeerCertificate | undefined;
  /** @throws {TransportFailure} no whole answer came. */
  exchange(request: RawRequest): Promise<RawAnswer>;
  close(): Promise<void>;
}

/** What all endpoints of a host share. */
export interface EndpointOptions {
  readonly tls: HostTls;
  readonly connections: number;
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
  readonly breakerThreshold: number;
  readonly breakerCoolDownMs: number;
  readonly clock: Clock;
  readonly random: () => number;
}

// Long enough for a slow link, short enough to leave time for the next endpoint.
const LONGEST_CONNECT_MS = 5000;

/** An endpoint. Nothing is opened before the first exchange. */
export function createEndpoint({ host, port }: HostEndpoint, options: EndpointOptions): Endpoint {
  let certificate: PeerCertificate | undefined;
  const connectMs = Math.min(LONGEST_CONNECT_MS, Math.ceil(options.timeoutMs / 2));
  const pool = new Pool(`https://${host.includes(':') ? `[${host}]` : host}:${port}`, {
    connections: options.connections,
    pipelining: 1,
    allowH2: false,
    // pveproxy closes an idle connection after 5 s: be first, or a request meets a connection that is just going away.
    keepAliveTimeout: 4000,
    keepAliveMaxTimeout: 4000,
    // One deadline for the whole exchange is kept below.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: createConnector({
      tls: options.tls,
      timeoutMs: connectMs,
      onCertificate: (seen) => {
        certificate = seen;
      },
    }),
  });
  return {
    name: `${host.includes(':') ? `[${host}]` : host}:${port}`,
    breaker: createBreaker({
      threshold: options.breakerThreshold,
      coolDownMs: options.breakerCoolDownMs,
      now: () => options.clock.now(),
      random: options.random,
    }),
    get certificate() {
      return certificate;
    },
    exchange: (request) => exchange(pool, request, options.maxBodyBytes),
    close: () => pool.destroy(),
  };
}

async function exchange(pool: Pool, request: RawRequest, maxBodyBytes: number): Promise<RawAnswer> {
  const control = new AbortController();
  const cancel = (): void =>
    control.abort(new TransportFailure('aborted', 'the caller gave up', { cause: request.signal?.reason }));
  if (request.signal?.aborted === true) cancel();
  request.signal?.addEventListener('abort', cancel, { once: true });
  const timer = setTimeout(
    () => control.abort(new TransportFailure('timeout', `no answer within ${request.timeoutMs} ms`)),
    request.timeoutMs,
  );
  let hasStatus = false;
  try {
    control.signal.throwIfAborted();
    const options: Dispatcher.RequestOptions = {
      method: request.method,
      path: request.target,
      headers: request.headers,
      body: request.body ?? null,
      signal: control.signal,
    };
    const answer = await pool.request(options);
    hasStatus = true;
    return {
      status: answer.statusCode,
      reason: answer.statusText,
      headers: answer.headers,
      body: await readBody(answer.body, answer.headers['content-encoding'], maxBodyBytes),
    };
  } catch (error) {
    // undici may wrap the reason of an abort; ours is the precise one.
    if (control.signal.reason instanceof TransportFailure) throw control.signal.reason;
    throw exchangeFailure(error, hasStatus);
  } finally {
    clearTimeout(timer);
    request.signal?.removeEventListener('abort', cancel);
  }
}
