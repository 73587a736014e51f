import { createHmac, timingSafeEqual } from 'node:crypto';
import { Failures } from './failures.ts';
import { jsonOf, listen, mediaType, type Received, type Reply } from './http-receiver.ts';
import { Inbox } from './inbox.ts';
import type { Receiver, ReceiverOptions } from './receiver.ts';

/** One accepted POST. */
export interface WebhookDelivery {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The body parsed, `undefined` when it is not JSON. */
  readonly json: unknown;
}

export interface WebhookSinkOptions extends ReceiverOptions {
  /** Bearer token every post must carry. */
  readonly token?: string;
  /** Key of `X-Proxmox-MCP-Signature`; with it unsigned, wrongly signed and old posts are refused. */
  readonly secret?: string;
}

const MAX_BODY_BYTES = 1_048_576;
const MAX_AGE_SECONDS = 300;

/** Starts a sink that accepts POST and PUT on any path and remembers them. */
export async function startWebhookSink(options: WebhookSinkOptions = {}): Promise<Receiver<WebhookDelivery>> {
  const now = options.now ?? Date.now;
  const inbox = new Inbox<WebhookDelivery>();
  const failures = new Failures();
  const fault = (status: number, error: string): Reply => ({ status, body: { error } });

  const http = await listen((request) => {
    if (request.method !== 'POST' && request.method !== 'PUT') return fault(405, 'method not allowed');
    const refusal = failures.take();
    if (refusal !== undefined)
      return { ...fault(refusal.status, 'ordered by the lab'), headers: refusal.headers };
    if (options.token !== undefined && request.headers['authorization'] !== `Bearer ${options.token}`) {
      return fault(401, 'bad token');
    }
    if (request.body.length > MAX_BODY_BYTES) return fault(413, 'body too large');
    if (options.secret !== undefined) {
      const wrong = signatureFault(request, options.secret, now());
      if (wrong !== undefined) return fault(401, wrong);
    }
    const json = jsonOf(request.body);
    if (mediaType(request) === 'application/json' && json === undefined) return fault(400, 'invalid JSON');
    inbox.add({
      method: request.method,
      path: request.path,
      headers: request.headers,
      body: request.body.toString('utf8'),
      json,
    });
    return { status: 202, body: { accepted: true } };
  }, options);

  return {
    url: http.url,
    messages: () => inbox.all(),
    next: (predicate, timeoutMs) => inbox.next(predicate, timeoutMs),
    failNext: (count, status, headers) => failures.order(count, status, headers),
    close: () => http.close(),
  };
}

function signatureFault(request: Received, secret: string, now: number): string | undefined {
  const timestamp = request.headers['x-proxmox-mcp-timestamp'] ?? '';
  if (!/^\d{1,12}$/.test(timestamp)) return 'no timestamp';
  if (Math.abs(now / 1_000 - Number(timestamp)) > MAX_AGE_SECONDS) return 'timestamp too far from now';
  const mac = createHmac('sha256', secret).update(`${timestamp}.`).update(request.body).digest('hex');
  const expected = Buffer.from(`sha256=${mac}`);
  const given = Buffer.from(request.headers['x-proxmox-mcp-signature'] ?? '');
  return given.length === expected.length && timingSafeEqual(given, expected) ? undefined : 'bad signature';
}
