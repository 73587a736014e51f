import type { Answer, RawRequest } from '../http/answer.ts';
import { parseForm, parseJson, type RawParameters } from '../http/parameters.ts';

const MAX_BODY_BYTES = 512 * 1024;
const TYPES = new Set(['application/x-www-form-urlencoded', 'application/json', 'multipart/form-data']);

/** An answer of pveproxy's HTTP server itself: the text is reason phrase and body, without a content type. */
export function plainError(status: number, reason: string): Answer {
  return { status, reason, body: reason, contentType: '' };
}

/** Why the body is not read at all, if so. */
export function refuseBody(request: RawRequest): Answer | undefined {
  if (/chunked/i.test(request.headers['transfer-encoding'] ?? '')) {
    return plainError(501, 'chunked transfer encoding not supported');
  }
  if (request.body.length > MAX_BODY_BYTES) return plainError(501, 'for data too large');
  if (request.method === 'GET' || request.body.length === 0) return undefined;
  const type =
    (request.headers['content-type'] ?? 'application/x-www-form-urlencoded').split(';')[0]?.trim() ?? '';
  return TYPES.has(type) ? undefined : plainError(506, `upload 'Content-Type '${type}' not implemented`);
}

/** Parameters of query and body. @returns an answer when the body is not what it says. */
export function collectParameters(request: RawRequest, query: string): RawParameters | Answer {
  const parameters = parseForm(query);
  if (request.body.length === 0 || request.method === 'GET') return parameters;
  const text = request.body.toString('utf8');
  const isJson = (request.headers['content-type'] ?? '').startsWith('application/json');
  try {
    return Object.assign(parameters, isJson ? parseJson(text) : parseForm(text));
  } catch {
    const what = 'malformed JSON string, neither tag, array, object, number, string or atom';
    return plainError(
      500,
      `${what}, at character offset ${text.length} (before "(end of string)") at /usr/share/perl5/PVE/APIServer/AnyEvent.pm line 934.\n`,
    );
  }
}

/** Whether `collectParameters` gave up. */
export function isAnswer(value: RawParameters | Answer): value is Answer {
  // A parameter is a text, a list or a mark; only an answer has a number there.
  return typeof value['status'] === 'number';
}
