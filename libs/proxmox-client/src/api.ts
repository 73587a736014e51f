import { tokenCredentials } from './auth/token.ts';
import { ticketCredentials } from './auth/ticket.ts';
import type { Credentials } from './auth/credentials.ts';
import { systemClock, type Clock } from './clock.ts';
import { ProxmoxError, type ProxmoxErrorFields } from './error.ts';
import type { HostAccess } from '@proxmox-mcp/schemas';
import { createWarnOnce, type ClientOptions, type Settings, type WarnOnce } from './options.ts';
import { checkedPath, encodeParams, type Params } from './path.ts';
import type { Answer } from './read-answer.ts';
import { createFailOver, type EndpointState, type FailOver } from './fail-over.ts';
import { SlotsFullError, createSlots } from './transport/slots.ts';

/** What any call can be given besides its parameters. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Instead of the client's, for calls known to be slow (disk lists spawn smartctl). */
  readonly timeoutMs?: number;
  /** Instead of the client's, for reads; 0 for calls so slow that asking again would take longer than the next look. */
  readonly retries?: number;
}

/** One call: GET parameters go into the query, those of the others into a form body. */
export interface Call extends CallOptions {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/api2/json`, e.g. `/nodes/pve1/status`; variable parts already encoded. */
  readonly path: string;
  readonly params?: Params;
}

/** Calls to one host. Every method throws `ProxmoxError` and nothing else. */
export interface Api {
  /** Configured name of the host. */
  readonly name: string;
  readonly product: HostAccess['product'];
  /** Who calls: `user@realm` or `user@realm!token`. */
  readonly authId: string;
  readonly clock: Clock;
  /** Any call, answered raw. Reads are retried; writes are sent once. */
  call(call: Call): Promise<Answer>;
  /** `data` of a read. */
  get(path: string, query?: Params, options?: CallOptions): Promise<unknown>;
  post(path: string, params?: Params, options?: CallOptions): Promise<unknown>;
  put(path: string, params?: Params, options?: CallOptions): Promise<unknown>;
  delete(path: string, params?: Params, options?: CallOptions): Promise<unknown>;
  /** Fail-over state, for readiness, metrics and checks. */
  endpoints(): readonly EndpointState[];
  /** Drops all connections; calls under way fail with `closed`. Safe twice. */
  close(): Promise<void>;
  /** For warnings about answers; silent when the client was given no log. */
  readonly warnOnce: WarnOnce;
}

function withDefaults(options: ClientOptions): Settings {
  return {
    clock: systemClock,
    random: Math.random,
    maxInFlight: 4,
    maxQueued: 1000,
    timeoutMs: 10_000,
    retries: 2,
    maxBodyBytes: 32 * 1024 * 1024,
    breakerThreshold: 5,
    breakerCoolDownMs: 30_000,
    ticketRenewMs: 60 * 60_000,
    ...options,
    warnOnce: createWarnOnce(options.log),
  };
}

/** Calls to `host`. Opens nothing until the first call. */
export function createApi(host: HostAccess, options: ClientOptions = {}): Api {
  const settings = withDefaults(options);
  const failOver = createFailOver(host, settings);
  const credentials = createCredentials(host, settings, failOver);
  const slots = createSlots(settings.maxInFlight, settings.maxQueued);
  if (host.tls.kind === 'insecure') {
    settings.warnOnce(
      'insecure',
      { host: host.name },
      'certificate of the host is not checked, as configured',
    );
  }

  const once = async (call: Call, timeoutMs: number): Promise<Answer> => {
    const isWrite = call.method !== 'GET';
    const encoded = encodeParams(call.params);
    // DELETE takes its parameters from the query: many servers and proxies drop a body there.
    const isQuery = call.method === 'GET' || call.method === 'DELETE';
    const target = `/api2/json${call.path}${isQuery && encoded !== '' ? `?${encoded}` : ''}`;
    const form = isQuery || encoded === '' ? {} : { body: encoded };
    const send = async (): Promise<Answer> => {
      const headers = await credentials.headers(isWrite, call.signal);
      try {
        const { answer } = await failOver.send({
          ...call,
          target,
          ...form,
          headers,
          timeoutMs,
          secrets: credentials.secrets(),
        });
        return answer;
      } catch (error) {
        // Credentials are judged before anything is done, so even a write is safe to send again after a 401.
        if (error instanceof ProxmoxError && error.kind === 'auth' && error.status === 401) {
          throw new Refused(error, credentials.refused(headers));
        }
        throw error;
      }
    };
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (!error.canLogInAgain) throw error.error;
      try {
        return await send();
      } catch (second) {
        throw second instanceof Refused ? second.error : second;
      }
    }
  };

  const call = async (given: Call): Promise<Answer> => {
    const wanted = { ...given, path: checkedPath(given.path) };
    const timeoutMs = wanted.timeoutMs ?? settings.timeoutMs;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await slots.run(() => once(wanted, timeoutMs), wanted.signal);
      } catch (raw) {
        const error = asProxmoxError(raw, host, wanted);
        if (attempt >= (wanted.retries ?? settings.retries) || !isWorthRetrying(error, wanted, host))
          throw error;
        settings.log?.debug(
          { host: host.name, path: wanted.path, kind: error.kind, attempt },
          'call failed, will retry',
        );
        const backoffMs = Math.min(250 * 2 ** attempt, 4000) * (0.5 + settings.random() / 2);
        try {
          await settings.clock.sleep(backoffMs, wanted.signal);
        } catch (cause) {
          throw asProxmoxError(cause, host, wanted);
        }
      }
    }
  };

  const data = async (
    method: Call['method'],
    path: string,
    params?: Params,
    more?: CallOptions,
  ): Promise<unknown> => {
    const answer = await call({ ...more, method, path, ...(params === undefined ? {} : { params }) });
    return answer.data;
  };

  return {
    name: host.name,
    product: host.product,
    authId: host.auth.kind === 'token' ? `${host.auth.user}!${host.auth.tokenName}` : host.auth.user,
    clock: settings.clock,
    warnOnce: settings.warnOnce,
    call,
    get: (path, query, more) => data('GET', path, query, more),
    post: (path, params, more) => data('POST', path, params, more),
    put: (path, params, more) => data('PUT', path, params, more),
    delete: (path, params, more) => data('DELETE', path, params, more),
    endpoints: () => failOver.states(),
    close: () => failOver.close(),
  };
}

/** A 401, with whether another login may help. Never leaves this file. */
class Refused extends Error {
  readonly error: ProxmoxError;
  readonly canLogInAgain: boolean;

  constructor(error: ProxmoxError, canLogInAgain: boolean) {
    super('refused');
    this.error = error;
    this.canLogInAgain = canLogInAgain;
  }
}

function createCredentials(host: HostAccess, settings: Settings, failOver: FailOver): Credentials {
  const { auth } = host;
  if (auth.kind === 'token') return tokenCredentials(host.product, auth);
  return ticketCredentials({
    host: host.name,
    product: host.product,
    auth,
    clock: settings.clock,
    renewMs: settings.ticketRenewMs,
    send: (params, secrets) =>
      failOver.send({
        method: 'POST',
        path: '/access/ticket',
        target: '/api2/json/access/ticket',
        headers: {},
        body: encodeParams(params),
        timeoutMs: settings.timeoutMs,
        secrets,
      }),
  });
}

/** Passing trouble of a read that may be over in a moment. Longer trouble is the caller's to wait out. */
function isWorthRetrying(error: ProxmoxError, call: Call, host: HostAccess): boolean {
  if (call.method !== 'GET') return false;
  switch (error.kind) {
    case 'unreachable':
    case 'disconnected':
    case 'truncated':
    case 'proxy':
      return error.retryable;
    case 'timeout':
      // Waiting as long again for the same address helps nobody; another one may be well.
      return host.endpoints.length > 1;
    default:
      return false;
  }
}

function asProxmoxError(error: unknown, host: HostAccess, call: Call): ProxmoxError {
  if (error instanceof ProxmoxError) return error;
  const fields: Omit<ProxmoxErrorFields, 'kind' | 'detail'> = {
    host: host.name,
    method: call.method,
    path: call.path,
    cause: error,
  };
  if (error instanceof SlotsFullError) {
    return new ProxmoxError({ ...fields, kind: 'busy', detail: error.message, retryable: true });
  }
  if (call.signal?.aborted === true) {
    return new ProxmoxError({ ...fields, kind: 'aborted', detail: 'the caller gave up' });
  }
  return new ProxmoxError({
    ...fields,
    kind: 'error',
    detail: error instanceof Error ? error.name : 'unknown',
  });
}
