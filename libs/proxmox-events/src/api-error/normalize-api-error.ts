import type { ApiErrorReading, NormalizeResult, Product } from '@proxmox-mcp/schemas';
import { isRecord, readJson, type NormalizeOptions } from '../input.ts';
import { oneLine } from '../text.ts';

/** Kind of a failed call: what the caller can do about it. */
export type ApiErrorKind =
  | 'auth'
  | 'permission'
  | 'parameters'
  | 'not-found'
  | 'unreachable'
  | 'proxy'
  | 'not-implemented'
  | 'busy'
  | 'error';

const MAX_MESSAGE = 1_000;
/** AnyEvent's own codes: the cluster node behind the one we asked did not answer. Never a matter of credentials. */
const PEER_UNREACHABLE: ReadonlySet<number> = new Set([595, 596, 597, 599]);
const GATEWAY: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Reads the answer of a failed call, `{status, reason, headers, body}` (PROXMOX §A.4). */
export function normalizeApiError(raw: Buffer, options: NormalizeOptions): NormalizeResult {
  const read = readJson(raw);
  if ('refusal' in read) return read.refusal;
  const answer = read.value;
  if (!isRecord(answer) || typeof answer['status'] !== 'number')
    return { reject: true, reason: 'not-an-answer', detail: 'expected {status, reason, headers, body}' };
  return {
    api_error: readApiError({
      status: answer['status'],
      reason: textOf(answer['reason']),
      body: textOf(answer['body']),
      isHtml: isHtml(answer['headers'], textOf(answer['body'])),
      product:
        options.context?.['product'] === 'pbs'
          ? 'pbs'
          : options.context?.['product'] === 'pve'
            ? 'pve'
            : undefined,
    }),
  };
}

interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly body: string;
  readonly isHtml: boolean;
  readonly product: Product | undefined;
}

function readApiError({ status, reason, body, isHtml: html, product }: Answer): ApiErrorReading {
  const json = html ? undefined : jsonOf(body);
  // PBS answers with the bare message, whatever its Content-Type says; PVE with JSON or nothing.
  const plain = json === undefined && !html ? body.trim() : '';
  const said = textOf(json?.['message']).trim() || plain || reason;
  const message = oneLine(said, MAX_MESSAGE) || `HTTP ${status}`;
  const errors = isRecord(json?.['errors']) ? textsOf(json['errors']) : undefined;
  const kind = kindOf(status, message, html, errors !== undefined);
  return {
    product: product ?? (plain === '' ? 'pve' : 'pbs'),
    status,
    kind,
    message,
    retryable: kind === 'unreachable' || kind === 'busy' || GATEWAY.has(status),
    ...(errors && { errors }),
    ...(kind === 'permission' && permissionOf(message)),
  };
}

function kindOf(status: number, message: string, html: boolean, hasErrors: boolean): ApiErrorKind {
  if (PEER_UNREACHABLE.has(status)) return 'unreachable';
  if (html || GATEWAY.has(status)) return 'proxy';
  if (status === 401) return 'auth';
  if (status === 403) return 'permission';
  if (hasErrors || message.startsWith('Parameter verification failed')) return 'parameters';
  // A missing guest or storage is a 500 with these words, not a 404.
  if (status === 404 || / does not exist\b|no such /i.test(message)) return 'not-found';
  if (status === 501) return 'not-implemented';
  if (/^can't lock file |got timeout$|^VM is locked/.test(message)) return 'busy';
  return 'error';
}

/** `Permission check failed (/nodes/pve1, Sys.Audit|Sys.Modify)` → the path and the privileges that are missing. */
function permissionOf(message: string): { path: string; privs: string[] } | undefined {
  const match = /\((\/[^,()\s]{0,300}), {0,2}([\w.|, ]{1,300})\)/.exec(message);
  if (!match) return undefined;
  return { path: match[1] ?? '', privs: (match[2] ?? '').split(/[|, ]/).filter((priv) => priv !== '') };
}

function isHtml(headers: unknown, body: string): boolean {
  const type = isRecord(headers)
    ? Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1]
    : undefined;
  return textOf(type).includes('text/html') || /^\s{0,64}<(?:!doctype|html)/i.test(body);
}

function jsonOf(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function textsOf(errors: Record<string, unknown>): Record<string, string> {
  const texts = Object.entries(errors).slice(0, 50);
  return Object.fromEntries(
    texts.map(([key, text]) => [oneLine(key, 100), oneLine(textOf(text), MAX_MESSAGE)]),
  );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
