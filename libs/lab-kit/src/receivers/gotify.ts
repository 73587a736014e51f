import { STATUS_CODES, type IncomingMessage } from 'node:http';
import { Failures } from './failures.ts';
import { readGotifyDraft } from './gotify-draft.ts';
import { serveStreams } from './gotify-stream.ts';
import { listen, type Received, type Reply } from './http-receiver.ts';
import { Inbox } from './inbox.ts';
import type { Receiver, ReceiverOptions } from './receiver.ts';

/** A message as Gotify answers and lists it. */
export interface GotifyMessage {
  readonly id: number;
  readonly appid: number;
  readonly message: string;
  readonly title: string;
  readonly priority: number;
  readonly extras?: Readonly<Record<string, unknown>>;
  /** RFC 3339, the server's clock. */
  readonly date: string;
}

/** Who may post. */
export interface GotifyApplication {
  readonly id: number;
  readonly name: string;
  readonly token: string;
}

export interface GotifyOptions extends ReceiverOptions {
  /** Names of the applications; default `proxmox-mcp` and `proxmox`. Ids count from 1. */
  readonly applications?: readonly string[];
}

/**
 * A pretend Gotify server with what clients need of it: posting, paged reading, deleting, the stream, applications, version and
 * health. `recorded/gotify-api.json` says what the original's description promises of these.
 */
export interface GotifyReceiver extends Receiver<GotifyMessage> {
  readonly applications: readonly GotifyApplication[];
  /** Token of the first application: posts, and can do nothing else. */
  readonly appToken: string;
  /** Reads and deletes; posts for an application it names. */
  readonly clientToken: string;
  /** Readers connected to /stream. */
  streams(): number;
  /** Ends every stream, as a server that restarts does. */
  cutStreams(): void;
  /** Keeps the streams connected and says nothing more on them, as a process that hangs. */
  hushStreams(): void;
  /** With a status: answers /stream with it, as a proxy that passes no upgrades; without: lets it through again. */
  refuseStreams(status?: number): void;
  /** Forgets every message and counts from 1 again, as a server that was set up anew. */
  reset(): void;
}

const UNAUTHORIZED = 'you need to provide a valid access token or user credentials to access this api';
const NOT_FOUND = 'page not found';
const CREATED_AT = '2026-01-01T00:00:00Z';

/** Starts a pretend Gotify. */
export async function startGotify(options: GotifyOptions = {}): Promise<GotifyReceiver> {
  const now = options.now ?? Date.now;
  const names = options.applications ?? ['proxmox-mcp', 'proxmox'];
  const applications = names.map((name, i) => ({ id: i + 1, name, token: `A-lab.gotify.${i + 1}` }));
  const clientToken = 'C-lab.gotify';
  const inbox = new Inbox<GotifyMessage>();
  const failures = new Failures();
  let lastId = 0;

  function post(request: Received): Reply {
    const token = tokenOf(request);
    const own = applications.find((application) => application.token === token);
    if (own === undefined && token !== clientToken) return fault(401, UNAUTHORIZED);
    const refusal = failures.take();
    if (refusal !== undefined)
      return { ...fault(refusal.status, 'ordered by the lab'), headers: refusal.headers };
    const draft = readGotifyDraft(request);
    if (typeof draft === 'string') return fault(400, draft);
    if (own === undefined && draft.appid === undefined) {
      return fault(400, 'appid is required when not authenticating with an application token');
    }
    const application = own ?? applications.find(({ id }) => id === draft.appid);
    if (application === undefined) return fault(400, 'appid not found');
    const message: GotifyMessage = {
      id: ++lastId,
      appid: application.id,
      message: draft.message,
      // A blank title is the application's name; a missing priority is its default, 0.
      title: draft.title.trim() === '' ? application.name : draft.title,
      priority: draft.priority,
      ...(draft.extras === undefined ? {} : { extras: draft.extras }),
      date: new Date(now()).toISOString(),
    };
    inbox.add(message);
    streams.send(message);
    return { status: 200, body: message };
  }

  function list(request: Received, belongs: (message: GotifyMessage) => boolean): Reply {
    const limit = uint(request, 'limit', 100);
    const since = uint(request, 'since', 0);
    if (typeof limit === 'string') return fault(400, limit);
    if (typeof since === 'string') return fault(400, since);
    if (limit < 1) return fault(400, "Field 'limit' must be more or equal to 1");
    if (limit > 200) return fault(400, "Field 'limit' must be less or equal to 200");
    // Newest first, and backwards: `since` asks for ids below it.
    const matching = inbox
      .all()
      .filter((message) => belongs(message) && (since === 0 || message.id < since))
      .toReversed();
    const messages = matching.slice(0, limit);
    const last = matching.length > limit ? (messages.at(-1)?.id ?? 0) : 0;
    const next = last === 0 ? {} : { next: `${request.path}?limit=${limit}&since=${last}` };
    return {
      status: 200,
      body: { paging: { ...next, size: messages.length, since: last, limit }, messages },
    };
  }

  function ofApplication(request: Received, segment: string): Reply {
    const id = idOf(segment);
    if (id === undefined) return fault(400, 'invalid id');
    const exists = applications.some((application) => application.id === id);
    if (!exists) return fault(404, 'application does not exist');
    if (request.method === 'GET') return list(request, (message) => message.appid === id);
    inbox.remove((message) => message.appid === id);
    return { status: 200 };
  }

  function remove(segment: string): Reply {
    const id = idOf(segment);
    if (id === undefined) return fault(400, 'invalid id');
    const removed = inbox.remove((message) => message.id === id);
    return removed === 0 ? fault(404, 'message does not exist') : { status: 200 };
  }

  function readers(request: Received): Reply {
    if (tokenOf(request) !== clientToken) return fault(401, UNAUTHORIZED);
    const { method, path } = request;
    const reads = method === 'GET';
    if (path === '/message' && reads) return list(request, () => true);
    if (path === '/message' && method === 'DELETE') {
      inbox.remove(() => true);
      return { status: 200 };
    }
    const messages = /^\/application\/([^/]{1,40})\/message$/.exec(path)?.[1];
    if (messages !== undefined && (reads || method === 'DELETE')) return ofApplication(request, messages);
    const single = /^\/message\/([^/]{1,40})$/.exec(path)?.[1];
    if (single !== undefined && method === 'DELETE') return remove(single);
    if (path === '/application' && reads) return { status: 200, body: applications.map(publicPart) };
    if (path === '/stream' && reads) {
      return fault(
        400,
        "websocket: the client is not using the websocket protocol: 'upgrade' token not found",
      );
    }
    return fault(404, NOT_FOUND);
  }

  const http = await listen((request) => {
    const { method, path } = request;
    if (path === '/message' && method === 'POST') return post(request);
    if (method === 'GET' && path === '/health')
      return { status: 200, body: { health: 'green', database: 'green' } };
    if (method === 'GET' && path === '/version')
      return { status: 200, body: { version: '3.0.0', commit: '', buildDate: '' } };
    return readers(request);
  }, options);

  const streams = serveStreams(http.server, (incoming) => {
    const request = headOf(incoming);
    if (request.path !== '/stream') return fault(404, NOT_FOUND);
    return tokenOf(request) === clientToken ? undefined : fault(401, UNAUTHORIZED);
  });

  return {
    url: http.url,
    applications,
    appToken: applications[0]?.token ?? '',
    clientToken,
    streams: () => streams.count(),
    cutStreams: () => streams.cut(),
    hushStreams: () => streams.hush(),
    refuseStreams: (status) => streams.refuse(status),
    reset() {
      inbox.remove(() => true);
      lastId = 0;
    },
    messages: () => inbox.all(),
    next: (predicate, timeoutMs) => inbox.next(predicate, timeoutMs),
    failNext: (count, status, headers) => failures.order(count, status, headers),
    async close() {
      streams.close();
      await http.close();
    },
  };
}

type Head = Pick<Received, 'path' | 'query' | 'headers'>;

function headOf(incoming: IncomingMessage): Head {
  const url = new URL(incoming.url ?? '/', 'http://receiver');
  const key = incoming.headers['x-gotify-key'];
  const { authorization } = incoming.headers;
  return {
    path: url.pathname,
    query: url.searchParams,
    headers: {
      ...(typeof key === 'string' ? { 'x-gotify-key': key } : {}),
      ...(authorization === undefined ? {} : { authorization }),
    },
  };
}

/** Query, X-Gotify-Key, then a bearer token: the order of the original, which takes the first that is not empty. */
function tokenOf({ query, headers }: Head): string | undefined {
  return query.get('token') || headers['x-gotify-key'] || bearer(headers['authorization']);
}

function bearer(header: string | undefined): string | undefined {
  return header?.slice(0, 7).toLowerCase() === 'bearer ' ? header.slice(7) : undefined;
}

/** @returns what is wrong with it, as the original words it. */
function uint(request: Received, name: string, fallback: number): number | string {
  const text = request.query.get(name);
  if (text === null || text === '') return fallback;
  return idOf(text) ?? `strconv.ParseUint: parsing "${text.slice(0, 40)}": invalid syntax`;
}

function idOf(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** An application as GET /application lists it: the token is told once, when it is made. */
function publicPart({ id, name }: GotifyApplication) {
  return {
    id,
    name,
    description: '',
    internal: false,
    image: 'static/defaultapp.png',
    defaultPriority: 0,
    createdAt: CREATED_AT,
    lastUsed: null,
    sortKey: `a${id}`,
  };
}

function fault(status: number, description: string): Reply {
  return {
    status,
    body: { error: STATUS_CODES[status] ?? 'Error', errorCode: status, errorDescription: description },
  };
}
