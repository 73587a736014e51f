import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { Failures } from './failures.ts';
import { isObject, jsonOf, listen, mediaType, type Received, type Reply } from './http-receiver.ts';
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

/** A pretend Gotify server: POST /message, GET /message, GET /stream and what belongs to them (gotify/server docs/spec.json). */
export interface GotifyReceiver extends Receiver<GotifyMessage> {
  readonly applications: readonly GotifyApplication[];
  /** Token of the first application: posts, and can do nothing else. */
  readonly appToken: string;
  /** Reads and deletes, and cannot post. */
  readonly clientToken: string;
  /** Readers connected to /stream. */
  streams(): number;
}

const UNAUTHORIZED = 'you need to provide a valid access token or user credentials to access this api';

/** Starts a pretend Gotify. */
export async function startGotify(options: GotifyOptions = {}): Promise<GotifyReceiver> {
  const now = options.now ?? Date.now;
  const names = options.applications ?? ['proxmox-mcp', 'proxmox'];
  const applications = names.map((name, i) => ({ id: i + 1, name, token: `A-lab.gotify.${i + 1}` }));
  const clientToken = 'C-lab.gotify';
  const inbox = new Inbox<GotifyMessage>();
  const failures = new Failures();
  const streams = new Set<WebSocket>();
  let lastId = 0;

  function post(request: Received): Reply {
    const application = applications.find(({ token }) => token === tokenOf(request));
    if (application === undefined) return fault(401, UNAUTHORIZED);
    const refusal = failures.take();
    if (refusal !== undefined)
      return { ...fault(refusal.status, 'ordered by the lab'), headers: refusal.headers };
    const draft = readDraft(request);
    if (typeof draft === 'string') return fault(400, draft);
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
    for (const stream of streams) stream.send(JSON.stringify(message));
    return { status: 200, body: message };
  }

  function list(request: Received, belongs: (message: GotifyMessage) => boolean): Reply {
    const limit = Number(request.query.get('limit') ?? 100);
    const since = Number(request.query.get('since') ?? 0);
    if (!Number.isInteger(limit) || limit < 1 || limit > 200) return fault(400, "Field 'limit' is not valid");
    if (!Number.isInteger(since) || since < 0) return fault(400, "Field 'since' is not valid");
    // Newest first, and backwards: `since` asks for ids below it.
    const matching = inbox
      .all()
      .filter((message) => belongs(message) && (since === 0 || message.id < since))
      .toReversed();
    const messages = matching.slice(0, limit);
    const last = matching.length > limit ? (messages.at(-1)?.id ?? 0) : 0;
    const next = last === 0 ? {} : { next: `${http.url}${request.path}?limit=${limit}&since=${last}` };
    return {
      status: 200,
      body: { paging: { ...next, size: messages.length, since: last, limit }, messages },
    };
  }

  function readers(request: Received): Reply {
    if (tokenOf(request) !== clientToken) return fault(401, UNAUTHORIZED);
    const { method, path } = request;
    if (path === '/message') {
      if (method === 'GET') return list(request, () => true);
      inbox.remove(() => true);
      return { status: 200 };
    }
    const ofApplication = /^\/application\/(\d{1,9})\/message$/.exec(path);
    if (ofApplication !== null && method === 'GET') {
      const id = Number(ofApplication[1]);
      if (!applications.some((application) => application.id === id)) {
        return fault(404, 'application does not exist');
      }
      return list(request, (message) => message.appid === id);
    }
    const single = /^\/message\/(\d{1,9})$/.exec(path);
    if (single !== null && method === 'DELETE') {
      const removed = inbox.remove((message) => message.id === Number(single[1]));
      return removed === 0 ? fault(404, 'message does not exist') : { status: 200 };
    }
    if (path === '/application' && method === 'GET') return { status: 200, body: applications };
    if (path === '/stream') return fault(400, 'websocket: the client is not using the websocket protocol');
    return fault(404, 'page not found');
  }

  const http = await listen((request) => {
    const { method, path } = request;
    if (path === '/message' && method === 'POST') return post(request);
    if (path === '/health') return { status: 200, body: { health: 'green', database: 'green' } };
    if (path === '/version') return { status: 200, body: { version: '2.6.3', commit: '', buildDate: '' } };
    return readers(request);
  }, options);

  const sockets = new WebSocketServer({ noServer: true, maxPayload: 65_536 });
  http.server.on('upgrade', (incoming, socket: Duplex, head: Buffer) => {
    const url = new URL(incoming.url ?? '/', 'http://receiver');
    const key = incoming.headers['x-gotify-key'];
    const token =
      url.searchParams.get('token') ??
      (typeof key === 'string' ? key : bearer(incoming.headers.authorization));
    if (url.pathname !== '/stream' || token !== clientToken) {
      const status = url.pathname === '/stream' ? 401 : 404;
      const body = JSON.stringify(fault(status, status === 401 ? UNAUTHORIZED : 'page not found').body);
      socket.end(
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
      );
      return;
    }
    sockets.handleUpgrade(incoming, socket, head, (stream) => {
      streams.add(stream);
      stream.on('close', () => streams.delete(stream));
      stream.on('error', () => stream.terminate());
    });
  });

  return {
    url: http.url,
    applications,
    appToken: applications[0]?.token ?? '',
    clientToken,
    streams: () => streams.size,
    messages: () => inbox.all(),
    next: (predicate, timeoutMs) => inbox.next(predicate, timeoutMs),
    failNext: (count, status, headers) => failures.order(count, status, headers),
    async close() {
      for (const stream of streams) stream.terminate();
      sockets.close();
      await http.close();
    },
  };
}

/** Query, X-Gotify-Key, then a bearer token: the order of the original. */
function tokenOf(request: Received): string | undefined {
  return (
    request.query.get('token') ?? request.headers['x-gotify-key'] ?? bearer(request.headers['authorization'])
  );
}

function bearer(header: string | undefined): string | undefined {
  return header?.slice(0, 7).toLowerCase() === 'bearer ' ? header.slice(7) : undefined;
}

function fault(status: number, description: string): Reply {
  return {
    status,
    body: { error: STATUS_CODES[status] ?? 'Error', errorCode: status, errorDescription: description },
  };
}

interface Draft {
  readonly title: string;
  readonly message: string;
  readonly priority: number;
  readonly extras: Readonly<Record<string, unknown>> | undefined;
}

/** @returns what is wrong with it, as text, when it cannot be read. */
function readDraft(request: Received): Draft | string {
  // Without the JSON media type the original reads a form.
  const isJson = mediaType(request) === 'application/json';
  const json = isJson
    ? jsonOf(request.body)
    : Object.fromEntries(new URLSearchParams(request.body.toString('utf8')));
  if (!isObject(json)) return 'invalid character looking for beginning of value';
  const { title = '', message = '', extras } = json;
  const priority = isJson ? (json['priority'] ?? 0) : Number(json['priority'] ?? 0);
  if (typeof title !== 'string')
    return 'json: cannot unmarshal into Go struct field MessageExternal.title of type string';
  if (typeof message !== 'string') {
    return 'json: cannot unmarshal into Go struct field MessageExternal.message of type string';
  }
  if (typeof priority !== 'number' || !Number.isInteger(priority)) {
    return 'json: cannot unmarshal into Go struct field MessageExternal.priority of type int';
  }
  if (extras !== undefined && extras !== null && !isObject(extras)) {
    return 'json: cannot unmarshal into Go struct field MessageExternal.extras of type map[string]interface {}';
  }
  if (message === '') return "Field 'message' is required";
  return { title, message, priority, extras: isObject(extras) ? extras : undefined };
}
