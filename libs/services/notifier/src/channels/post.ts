import { type Dispatcher, errors, request } from 'undici';
import { ChannelError } from './channel.ts';

/** One HTTP request of a channel. */
export interface Post {
  /** Default `POST`. */
  readonly method?: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  /** In lower case; a `content-type` of its own replaces that of JSON. */
  readonly headers: Readonly<Record<string, string>>;
  /** Nothing is sent without it. */
  readonly body?: string;
  readonly dispatcher: Dispatcher;
  readonly signal: AbortSignal;
  readonly now: () => number;
  /**
   * Reads the channel's own fault from an answer that is not 2xx. Without it, or where it answers `undefined`, the status
   * alone decides.
   */
  readonly fault?: (answer: Answer) => Fault | undefined;
}

/** What a channel's own words change about a refusal. */
export type Fault = Partial<Pick<ChannelError, 'retryable' | 'retryAfterMs' | 'reason'>>;

/** A bounded HTTP answer. */
export interface Answer {
  readonly status: number;
  /** Parsed body, `undefined` when it is not JSON. Untrusted. */
  readonly json: unknown;
}

const MAX_ANSWER_BYTES = 65_536;

/**
 * Makes one request, JSON mostly, and answers what came back with 2xx.
 *
 * @throws {ChannelError} anything else. Neither the URL nor a header nor the answer's text is in it.
 */
export async function post(options: Post): Promise<Answer> {
  let response: Dispatcher.ResponseData;
  let text: string;
  try {
    // `request` follows no redirect: a POST that is sent on to elsewhere would carry the token there.
    response = await request(options.url, {
      method: options.method ?? 'POST',
      headers: {
        ...(options.body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
        ...options.headers,
      },
      body: options.body ?? null,
      dispatcher: options.dispatcher,
      signal: options.signal,
    });
    text = await readBounded(response.body);
  } catch (error) {
    const reason = options.signal.aborted ? 'timeout' : networkReason(error);
    throw new ChannelError({ retryable: true, reason, message: `posting notification: ${reason}` });
  }
  const { statusCode: status } = response;
  const answer = { status, json: parseJson(text) };
  if (status >= 200 && status < 300) return answer;
  const said = options.fault?.(answer);
  throw new ChannelError({
    retryable: said?.retryable ?? isRetryable(status),
    reason: said?.reason ?? `http-${status}`,
    message: `posting notification: HTTP ${status}`,
    retryAfterMs: said?.retryAfterMs ?? retryAfterMs(response.headers['retry-after'], options.now()),
  });
}

/** Statuses that say the message is at fault: the same message will be refused again. */
const MESSAGE_AT_FAULT = new Set([400, 405, 406, 409, 411, 413, 414, 415, 422, 431]);

/**
 * Whether the same message can be accepted later. A wrong token or path (401, 403, 404) can: the operator mends it, and
 * what waited is delivered instead of lost.
 */
export function isRetryable(status: number): boolean {
  return !MESSAGE_AT_FAULT.has(status);
}

/** RFC 9110 §10.2.3: seconds or an HTTP date. */
function retryAfterMs(header: string | string[] | undefined, now: number): number | undefined {
  const value = typeof header === 'string' ? header.trim() : header?.[0]?.trim();
  if (value === undefined || value === '') return undefined;
  // Discord and others write fractions of seconds, which the RFC does not have.
  if (/^\d{1,9}(\.\d{1,6})?$/.test(value)) return Math.ceil(Number(value) * 1_000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

async function readBounded(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    // undici types the chunks of a body as `any`; they are Buffers.
    const bytes = chunk as Buffer;
    size += bytes.length;
    // The answer decides nothing beyond its first bytes; leaving the loop closes the connection.
    if (size > MAX_ANSWER_BYTES) break;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const NETWORK_REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  UND_ERR_SOCKET: 'reset',
  EPIPE: 'reset',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
};

function has<K extends string>(value: unknown, key: K): value is Record<K, unknown> {
  return typeof value === 'object' && value !== null && key in value;
}

/** A word for a network error. Never its message, which can hold the URL. */
function networkReason(error: unknown): string {
  // Several addresses that all fail come as one AggregateError.
  const first: unknown = has(error, 'errors') && Array.isArray(error.errors) ? error.errors[0] : error;
  const code = has(first, 'code') ? String(first.code) : '';
  if (/^(ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_SSL)/.test(code)) return 'tls';
  return NETWORK_REASONS[code] ?? (first instanceof errors.UndiciError ? 'protocol' : 'network');
}
