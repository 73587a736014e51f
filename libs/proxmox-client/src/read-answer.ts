import { ProxmoxError, type ProxmoxErrorFields } from './error.ts';
import { oneLine } from './line.ts';
import { refusalKind, isPassing, missingPrivileges } from './refusal.ts';
import type { RawAnswer } from './transport/endpoint.ts';

/** A good answer of the API, unpacked but not yet read: whoever asked knows what is in `data`. */
export interface Answer {
  readonly data: unknown;
  /** Rows in all, where the call pages and says so. */
  readonly total?: number;
  /** The host's own clock, milliseconds since 1970, whole seconds. */
  readonly dateMs?: number;
  /** `host:port` that answered. */
  readonly endpoint: string;
}

/** The call an answer belongs to. */
export interface CallContext {
  readonly host: string;
  readonly method: string;
  readonly path: string;
  readonly endpoint: string;
  readonly secrets: readonly string[];
}

/**
 * Tells a good answer from the many bad ones: refusals with a message in the body, in the reason phrase only, as plain
 * text (PBS), HTML of something in between, JSON that ends early.
 *
 * @throws {ProxmoxError} for anything but a good answer.
 */
export function readAnswer(raw: RawAnswer, context: CallContext): Answer {
  const text = raw.body.toString('utf8').trim();
  const fail = (
    fields: Pick<ProxmoxErrorFields, 'kind' | 'detail'> & Partial<ProxmoxErrorFields>,
  ): ProxmoxError => new ProxmoxError({ ...context, status: raw.status, ...fields });

  if (raw.status >= 300 && raw.status < 400) {
    // Never followed: the credentials are for this host.
    throw fail({ kind: 'proxy', detail: 'redirected elsewhere: not answered by the Proxmox API' });
  }
  const isGood = raw.status >= 200 && raw.status < 300;
  if (isMarkup(raw, text)) {
    throw fail({
      kind: isGood ? 'not-json' : 'proxy',
      detail: oneLine(
        isGood ? 'HTML instead of JSON' : raw.reason || 'HTML instead of JSON',
        context.secrets,
      ),
      retryable: raw.status >= 502 && raw.status <= 504,
      // A gateway that lost its upstream does not know whether the upstream did the work.
      outcomeUnknown: context.method !== 'GET' && raw.status >= 502 && raw.status <= 504,
    });
  }
  const envelope = parseObject(text);
  if (!isGood) throw fail(readRefusal(raw, text, envelope, context));
  if (envelope === undefined) {
    const outcomeUnknown = context.method !== 'GET';
    if (text.startsWith('{')) {
      throw fail({ kind: 'truncated', detail: 'JSON that ends early', retryable: true, outcomeUnknown });
    }
    throw fail({ kind: 'not-json', detail: text === '' ? 'an empty answer' : 'no JSON', outcomeUnknown });
  }
  if (!('data' in envelope)) throw fail({ kind: 'unexpected-answer', detail: 'JSON without "data"' });
  const total = Number(envelope['total'] ?? Number.NaN);
  const dateMs = Date.parse(String(raw.headers['date']));
  return {
    data: envelope['data'],
    ...(Number.isFinite(total) ? { total } : {}),
    ...(Number.isFinite(dateMs) ? { dateMs } : {}),
    endpoint: context.endpoint,
  };
}

function isMarkup(raw: RawAnswer, text: string): boolean {
  return text.startsWith('<') || String(raw.headers['content-type']).startsWith('text/html');
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    // Checked to be an object and not an array: reading keys off it is safe.
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function readRefusal(
  raw: RawAnswer,
  text: string,
  envelope: Record<string, unknown> | undefined,
  { method, secrets }: CallContext,
): Pick<ProxmoxErrorFields, 'kind' | 'detail'> & Partial<ProxmoxErrorFields> {
  const fromBody =
    typeof envelope?.['message'] === 'string' ? envelope['message'] : envelope === undefined ? text : '';
  // A body cut off inside its JSON is no message.
  const message =
    [fromBody.startsWith('{') ? '' : fromBody, raw.reason].find((one) => one.trim() !== '') ?? '';
  const detail = oneLine(message, secrets) || `status ${raw.status}`;
  const errors = readErrors(envelope?.['errors'], secrets);
  const kind = refusalKind({ status: raw.status, message: detail, errors });
  return {
    kind,
    detail: errors === undefined ? detail : `${detail} (${list(errors)})`,
    errors,
    retryable: isPassing(kind),
    // 595: no connection to the peer, nothing was sent. 596 to 599: the peer may be at it.
    outcomeUnknown: kind === 'peer-unreachable' && method !== 'GET' && raw.status !== 595,
    ...(kind === 'permission' ? missingPrivileges(detail) : {}),
  };
}

function readErrors(value: unknown, secrets: readonly string[]): Record<string, string> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const entries = Object.entries(value).slice(0, 50);
  if (entries.length === 0) return undefined;
  return Object.fromEntries(entries.map(([key, why]) => [oneLine(key), oneLine(String(why), secrets)]));
}

const list = (errors: Readonly<Record<string, string>>): string =>
  oneLine(
    Object.entries(errors)
      .map(([key, why]) => `${key}: ${why}`)
      .join('; '),
  );
