import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { Failures } from './failures.ts';
import { listen, type Received, type Reply } from './http-receiver.ts';
import { Inbox } from './inbox.ts';
import { type NtfyDraft, ntfyFault, readJsonDraft, readPlainDraft } from './ntfy-fields.ts';
import { RateLimit } from './rate-limit.ts';
import type { Receiver, ReceiverOptions } from './receiver.ts';

/** A message as ntfy answers and streams it. */
export interface NtfyMessage extends NtfyDraft {
  readonly id: string;
  /** Epoch seconds. */
  readonly time: number;
  readonly expires: number;
  readonly event: 'message';
}

export interface NtfyOptions extends ReceiverOptions {
  /** Access token every request must carry; without it anybody may publish and read. */
  readonly token?: string;
  /** Publishes per window; default 60 per 300 s, about what the original's bucket lets through. */
  readonly rateLimit?: { readonly limit: number; readonly perMs: number };
}

/** A pretend ntfy server: publish as JSON or plain, poll and stream. */
export interface NtfyReceiver extends Receiver<NtfyMessage> {
  readonly token: string | undefined;
}

const CACHE_SECONDS = 43_200;
const ID_ALPHABET = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** Starts a pretend ntfy. */
export async function startNtfy(options: NtfyOptions = {}): Promise<NtfyReceiver> {
  const now = options.now ?? Date.now;
  const inbox = new Inbox<NtfyMessage>();
  const failures = new Failures();
  const rate = new RateLimit(options.rateLimit?.limit ?? 60, options.rateLimit?.perMs ?? 300_000, Date.now);
  const streams = new Map<ServerResponse, ReadonlySet<string>>();

  function refused(request: Received): Reply | undefined {
    const header = request.headers['authorization'] ?? '';
    if (options.token === undefined && header === '') return undefined;
    if (header === '') return ntfyFault(40301, 'forbidden', 'publish/#authentication');
    // A token may also be the password of Basic with an empty user.
    const basic = Buffer.from(header.replace(/^basic /i, ''), 'base64').toString('utf8');
    const given = /^bearer /i.test(header) ? header.slice(7).trim() : basic.slice(basic.indexOf(':') + 1);
    if (given === options.token) return undefined;
    return ntfyFault(40101, 'unauthorized', 'publish/#authentication');
  }

  function publish(draft: NtfyDraft | Reply): Reply {
    if (rate.take().waitMs > 0) {
      return ntfyFault(42901, 'limit reached: too many requests', 'publish/#limitations');
    }
    const refusal = failures.take();
    if (refusal !== undefined) {
      return { ...ntfyFault(refusal.status * 100 + 1, 'ordered by the lab'), headers: refusal.headers };
    }
    if ('status' in draft) return draft;
    const time = Math.floor(now() / 1_000);
    const message: NtfyMessage = {
      id: messageId(),
      time,
      expires: time + CACHE_SECONDS,
      event: 'message',
      ...draft,
    };
    inbox.add(message);
    for (const [stream, topics] of streams) {
      if (topics.has(draft.topic)) stream.write(`${JSON.stringify(message)}\n`);
    }
    return { status: 200, body: message };
  }

  function read(request: Received, topics: readonly string[], response: ServerResponse): Reply | undefined {
    const poll = /^(1|yes|true)$/i.test(request.query.get('poll') ?? request.headers['x-poll'] ?? '');
    const since = sinceOf(
      request.query.get('since') ?? request.headers['x-since'] ?? (poll ? 'all' : 'none'),
    );
    if (since === undefined)
      return ntfyFault(40008, 'invalid since parameter', 'subscribe/api/#fetch-cached-messages');
    const cached = inbox.all().filter((message) => topics.includes(message.topic));
    const lines = since(cached).map((message) => `${JSON.stringify(message)}\n`);
    const headers = { 'content-type': 'application/x-ndjson; charset=utf-8' };
    if (poll) return { status: 200, headers, body: lines.join('') };
    const open = { id: messageId(), time: Math.floor(now() / 1_000), event: 'open', topic: topics.join(',') };
    response.writeHead(200, headers);
    response.write(`${JSON.stringify(open)}\n${lines.join('')}`);
    streams.set(response, new Set(topics));
    response.on('close', () => streams.delete(response));
    return undefined;
  }

  function sinceOf(word: string): ((cached: readonly NtfyMessage[]) => readonly NtfyMessage[]) | undefined {
    if (word === 'none') return () => [];
    if (word === 'all') return (cached) => cached;
    if (word === 'latest') return (cached) => cached.slice(-1);
    if (/^[A-Za-z0-9]{12}$/.test(word)) {
      return (cached) => cached.slice(cached.findIndex((message) => message.id === word) + 1);
    }
    if (/^\d{1,12}$/.test(word)) return (cached) => cached.filter((message) => message.time >= Number(word));
    const span = /^(\d{1,6})([smh])$/.exec(word);
    if (span === null) return undefined;
    const seconds = Number(span[1]) * { s: 1, m: 60, h: 3_600 }[span[2] as 's' | 'm' | 'h'];
    const from = Math.floor(now() / 1_000) - seconds;
    return (cached) => cached.filter((message) => message.time >= from);
  }

  const http = await listen((request, response) => {
    const { method, path } = request;
    if (path === '/v1/health') return { status: 200, body: { healthy: true } };
    const refusal = refused(request);
    if (refusal !== undefined) return refusal;
    const publishes = method === 'POST' || method === 'PUT';
    if (path === '/' && publishes) return publish(readJsonDraft(request));
    const plain = /^\/([-_A-Za-z0-9]{1,64})$/.exec(path);
    if (plain !== null && publishes) return publish(readPlainDraft(request, plain[1] ?? ''));
    const stream = /^\/([-_A-Za-z0-9,]{1,500})\/json$/.exec(path);
    if (stream !== null && method === 'GET') return read(request, (stream[1] ?? '').split(','), response);
    return ntfyFault(40401, 'page not found');
  }, options);

  return {
    url: http.url,
    token: options.token,
    messages: () => inbox.all(),
    next: (predicate, timeoutMs) => inbox.next(predicate, timeoutMs),
    failNext: (count, status, headers) => failures.order(count, status, headers),
    async close() {
      for (const stream of streams.keys()) stream.end();
      await http.close();
    },
  };
}

/** Twelve letters and digits. */
function messageId(): string {
  return Array.from(randomBytes(12), (byte) => ID_ALPHABET[byte % ID_ALPHABET.length]).join('');
}
