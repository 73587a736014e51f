import { ProxmoxError, type ProxmoxErrorKind } from './error.ts';
import type { HostAccess } from '@proxmox-mcp/schemas';
import type { Settings } from './options.ts';
import { readAnswer, type Answer, type CallContext } from './read-answer.ts';
import { createEndpoint, type Endpoint, type RawRequest } from './transport/endpoint.ts';
import { TransportFailure, isBeforeSending } from './transport/failure.ts';
import type { PeerCertificate } from './transport/connector.ts';

/** An endpoint of a host, as it stands. */
export interface EndpointState {
  /** `host:port`. */
  readonly endpoint: string;
  /** The one the next call goes to. */
  readonly isPreferred: boolean;
  readonly breaker: 'closed' | 'open' | 'half-open';
  /** Of the latest handshake, also a refused one. */
  readonly certificate?: PeerCertificate;
}

/** A request on its way, with what its errors must say and must not say. */
export interface Outgoing extends RawRequest {
  readonly path: string;
  readonly secrets: readonly string[];
}

/** Sends requests to whichever endpoint of a host serves. */
export interface FailOver {
  /** @throws {ProxmoxError} */
  send(request: Outgoing): Promise<{ readonly answer: Answer; readonly setCookie: readonly string[] }>;
  states(): readonly EndpointState[];
  close(): Promise<void>;
}

const GRAVITY: readonly ProxmoxErrorKind[] = ['fingerprint', 'tls', 'unreachable'];

/** Fail-over between the endpoints of `host`: the last good one first, then the others in their order. */
export function createFailOver(host: HostAccess, settings: Settings): FailOver {
  const endpoints: readonly Endpoint[] = host.endpoints.map((endpoint) =>
    createEndpoint(endpoint, {
      ...settings,
      tls: host.tls,
      connections: settings.maxInFlight,
    }),
  );
  let preferred = 0;

  const passOver = (index: number): void => {
    if (preferred === index) preferred = (index + 1) % endpoints.length;
  };

  const attempt = async (endpoint: Endpoint, request: Outgoing): ReturnType<FailOver['send']> => {
    const context: CallContext = {
      host: host.name,
      method: request.method,
      path: request.path,
      endpoint: endpoint.name,
      secrets: request.secrets,
    };
    const startedAt = performance.now();
    const record = (outcome: { status?: number; kind?: ProxmoxErrorKind }): void =>
      settings.onRequest?.({
        method: request.method,
        path: request.path,
        endpoint: endpoint.name,
        durationMs: performance.now() - startedAt,
        ...outcome,
      });
    try {
      const raw = await endpoint.exchange({
        ...request,
        headers: {
          accept: 'application/json',
          ...(request.body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
          ...request.headers,
        },
      });
      const answer = readAnswer(raw, context);
      record({ status: raw.status });
      return { answer, setCookie: [raw.headers['set-cookie'] ?? []].flat() };
    } catch (caught) {
      const error = caught instanceof TransportFailure ? failed(caught, context) : caught;
      if (error instanceof ProxmoxError) {
        record({ kind: error.kind, ...(error.status === undefined ? {} : { status: error.status }) });
      }
      throw error;
    }
  };

  return {
    async send(request) {
      let worst: ProxmoxError | undefined;
      let nextInMs = Number.POSITIVE_INFINITY;
      const order = endpoints.map((_, step) => (preferred + step) % endpoints.length);
      for (const index of order) {
        const endpoint = endpoints[index];
        if (endpoint === undefined) continue;
        if (!endpoint.breaker.admit()) {
          nextInMs = Math.min(nextInMs, endpoint.breaker.waitMs());
          continue;
        }
        try {
          const sent = await attempt(endpoint, request);
          endpoint.breaker.succeeded();
          preferred = index;
          return sent;
        } catch (error) {
          if (!(error instanceof ProxmoxError)) {
            endpoint.breaker.abandoned();
            throw error;
          }
          judge(endpoint, error);
          if (isEndpointsFault(error)) passOver(index);
          if (!isBeforeSending(error.kind)) throw error;
          if (error.kind !== 'unreachable') {
            settings.warnOnce(
              `${endpoint.name} ${error.kind} ${error.seenFingerprint ?? ''}`,
              { host: host.name, endpoint: endpoint.name, kind: error.kind, detail: error.detail },
              'endpoint left out, its certificate is not the expected one',
            );
          }
          if (worst === undefined || GRAVITY.indexOf(error.kind) < GRAVITY.indexOf(worst.kind)) worst = error;
        }
      }
      throw worst ?? circuitOpen(host, request, nextInMs);
    },
    states: () =>
      endpoints.map((endpoint, index) => ({
        endpoint: endpoint.name,
        isPreferred: index === preferred,
        breaker: endpoint.breaker.state,
        ...(endpoint.certificate === undefined ? {} : { certificate: endpoint.certificate }),
      })),
    async close() {
      await Promise.all(endpoints.map((endpoint) => endpoint.close()));
    },
  };
}

function failed(failure: TransportFailure, context: CallContext): ProxmoxError {
  return new ProxmoxError({
    ...context,
    kind: failure.kind,
    detail: failure.message,
    retryable: ['unreachable', 'disconnected', 'timeout', 'truncated'].includes(failure.kind),
    outcomeUnknown: context.method !== 'GET' && !isBeforeSending(failure.kind),
    expectedFingerprint: failure.expectedFingerprint,
    seenFingerprint: failure.seenFingerprint,
    cause: failure,
  });
}

/** The endpoint itself did not serve, as opposed to the API behind it saying no. */
function isEndpointsFault(error: ProxmoxError): boolean {
  switch (error.kind) {
    case 'unreachable':
    case 'disconnected':
    case 'timeout':
    case 'tls':
    case 'fingerprint':
    case 'truncated':
    case 'not-json':
      return true;
    case 'proxy':
      return (error.status ?? 0) >= 502;
    default:
      return false;
  }
}

// The host forwards these to the node named; when that one hangs, the host answers 596 only after 30 s, later than we wait.
const FORWARDED = /^\/nodes\/(?!localhost\/)[^/]+\//;

function judge({ breaker }: Endpoint, error: ProxmoxError): void {
  const saysNothing =
    error.kind === 'aborted' ||
    error.kind === 'closed' ||
    (error.kind === 'timeout' && FORWARDED.test(error.path));
  if (saysNothing) breaker.abandoned();
  else if (isEndpointsFault(error)) breaker.failed();
  else breaker.succeeded();
}

function circuitOpen(host: HostAccess, request: Outgoing, retryAfterMs: number): ProxmoxError {
  const isKnown = Number.isFinite(retryAfterMs);
  return new ProxmoxError({
    kind: 'circuit-open',
    host: host.name,
    method: request.method,
    path: request.path,
    detail: isKnown
      ? `not asked, failed too often lately; next attempt in ${Math.ceil(retryAfterMs / 1000)} s`
      : 'the host has no endpoint',
    retryable: isKnown,
    ...(isKnown ? { retryAfterMs } : {}),
  });
}
