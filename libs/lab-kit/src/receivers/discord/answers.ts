import type { Reply } from '../http-receiver.ts';
import { RateLimit } from '../rate-limit.ts';

/** Requests per window. */
export interface RateLimitSetting {
  readonly limit: number;
  readonly perMs: number;
}

/** An error as Discord words it (Discord docs, Opcodes and Status Codes, JSON Error Codes). */
export function fault(status: number, code: number, message: string, errors?: unknown): Reply {
  return { status, body: { message, code, ...(errors === undefined ? {} : { errors }) } };
}

export const unauthorized = (): Reply => fault(401, 0, '401: Unauthorized');
export const notFound = (): Reply => fault(404, 0, '404: Not Found');
export const notAllowed = (): Reply => fault(405, 0, '405: Method Not Allowed');
export const unknownMessage = (): Reply => fault(404, 10008, 'Unknown Message');
export const invalidJson = (): Reply => fault(400, 50109, 'The request body contains invalid JSON.');
export const invalidForm = (errors: unknown): Reply => fault(400, 50035, 'Invalid Form Body', errors);

/** 429. The header is whole seconds, the field is not. */
export function limited(seconds: number, isGlobal = false): Reply {
  return {
    status: 429,
    headers: {
      'retry-after': String(Math.ceil(seconds)),
      'x-ratelimit-scope': isGlobal ? 'global' : 'user',
      ...(isGlobal ? { 'x-ratelimit-global': 'true' } : {}),
    },
    body: { message: 'You are being rate limited.', code: 0, retry_after: seconds, global: isGlobal },
  };
}

/** A refusal that a test ordered. */
export function ordered(status: number, headers: Readonly<Record<string, string>>): Reply {
  if (status === 429) {
    const reply = limited(Number(headers['retry-after'] ?? 1), headers['x-ratelimit-global'] === 'true');
    return { ...reply, headers: { ...reply.headers, ...headers } };
  }
  if (status < 500) return { ...fault(status, 0, `${status}: ordered by the lab`), headers };
  return {
    status,
    headers: { 'content-type': 'text/html', ...headers },
    body: `<html><head><title>${status}</title></head></html>`,
  };
}

/** Buckets by name; windows are of the wall clock: a lab that runs faster must not let clients ask faster than Discord does. */
export class Buckets {
  readonly #rates = new Map<string, RateLimit>();

  /** Answers within a bucket: with its headers, or 429 when nothing is left of it. */
  answer(bucket: string, { limit, perMs }: RateLimitSetting, answer: () => Reply): Reply {
    const rate = this.#rates.get(bucket) ?? new RateLimit(limit, perMs, Date.now);
    this.#rates.set(bucket, rate);
    return inBucket(rate, bucket, answer);
  }
}

function inBucket(rate: RateLimit, bucket: string, answer: () => Reply): Reply {
  const { remaining, waitMs, resetMs } = rate.take();
  const reply = waitMs > 0 ? limited(waitMs / 1_000) : answer();
  return {
    ...reply,
    headers: {
      'x-ratelimit-limit': String(rate.limit),
      'x-ratelimit-remaining': String(remaining),
      'x-ratelimit-reset': ((Date.now() + resetMs) / 1_000).toFixed(3),
      'x-ratelimit-reset-after': (resetMs / 1_000).toFixed(3),
      'x-ratelimit-bucket': bucket,
      ...reply.headers,
    },
  };
}

export const isSnowflake = (text: string): boolean => /^\d{1,20}$/.test(text);

/** The error of a form or query field that should have been an id. */
export const snowflakeError = (value: string) => ({
  _errors: [{ code: 'NUMBER_TYPE_COERCE', message: `Value "${value}" is not snowflake.` }],
});
