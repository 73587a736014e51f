import type { IncomingMessage } from 'node:http';
import type { createConnection, Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Clock } from '@proxmox-mcp/ingest-kit';
import type { GotifyAccess } from '../config.ts';
import { CONNECT_TIMEOUT_MS, type GotifyClient } from './client.ts';

export interface StreamOptions {
  readonly access: GotifyAccess;
  readonly connect: GotifyClient['connect'];
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** The WebSocket at /stream, connected. Messages wait in it until they are read. */
export interface GotifyStream {
  /**
   * Hands over messages as they come, one at a time and in order, those that came since connecting first.
   *
   * @returns why the connection ended, in words of ours.
   * @throws what `onMessage` throws; the connection is ended then.
   */
  read(onMessage: (frame: Buffer) => Promise<void>): Promise<string>;
  /** Safe twice. */
  close(): void;
}

/** Why there is no stream, in words of ours: the library's own may quote the URL. */
export class NoStream extends Error {
  override readonly name = 'NoStream';
}

const HEARTBEAT_MS = 30_000;
/** Larger messages end the connection, and are read by GET /message after it. */
const MAX_FRAME_BYTES = 4 * 1024 * 1024;
/** Messages received and not yet handled before the server is made to wait. */
const MAX_WAITING = 16;

/** Connects. @throws {NoStream} */
export async function openStream(options: StreamOptions): Promise<GotifyStream> {
  const { access, clock, signal } = options;
  // Imported here: without Gotify nobody needs the library.
  const { WebSocket } = await import('ws');
  signal.throwIfAborted();
  const socket = new WebSocket(`${access.url.replace(/^http/, 'ws')}/stream`, {
    headers: { 'X-Gotify-Key': access.clientToken },
    maxPayload: MAX_FRAME_BYTES,
    handshakeTimeout: CONNECT_TIMEOUT_MS,
    perMessageDeflate: false,
    createConnection: connectorOf(options),
  });
  let reason = 'the server closed the connection';
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  const stop = () => socket.terminate();
  signal.addEventListener('abort', stop, { once: true });
  void closed.then(() => signal.removeEventListener('abort', stop));

  // Before the first wait: a message may arrive with the handshake.
  const waiting = holdMessages(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('unexpected-response', (_request, response: IncomingMessage) => {
      reject(new NoStream(`/stream answers HTTP ${response.statusCode ?? 0}`));
      socket.terminate();
    });
    socket.on('error', (error) => {
      const { code } = error as NodeJS.ErrnoException;
      reason =
        code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'
          ? 'a message is too large for the stream'
          : `${code ?? 'handshake refused'}`;
      reject(new NoStream(`no WebSocket: ${reason}`));
    });
    void closed.then(() => reject(new NoStream('the connection was closed during the handshake')));
  });
  void beat(socket, clock, closed, () => (reason = 'no heartbeat'));

  return {
    async read(onMessage) {
      await waiting.read(onMessage, closed);
      return reason;
    },
    close: stop,
  };
}

/** ws asks for a socket as `http.request` does: by callback. */
function connectorOf({ access, connect }: StreamOptions) {
  const { protocol, hostname, port } = new URL(access.url);
  return ((_options: unknown, done: (error: Error | null, socket?: Socket) => void) => {
    const host = hostname.replace(/^\[|\]$/g, '');
    connect(
      { hostname: host, host, protocol, port: port || (protocol === 'https:' ? '443' : '80') },
      (error, socket) => {
        if (error === null) done(null, socket);
        else done(error);
      },
    );
    // Node's own signature allows a socket that comes later; the types of ws do not know.
  }) as unknown as typeof createConnection;
}

interface Waiting {
  read(onMessage: (frame: Buffer) => Promise<void>, closed: Promise<void>): Promise<void>;
}

/** Takes messages off the socket, and makes the server wait when too many are not handled. */
function holdMessages(socket: WebSocket): Waiting {
  const { promise: gate, resolve: open } = Promise.withResolvers<(frame: Buffer) => Promise<void>>();
  let queue: Promise<void> = Promise.resolve();
  let failure: { readonly error: unknown } | undefined;
  let count = 0;
  socket.on('message', (data) => {
    // With the default binary type every message is a Buffer.
    const frame = data as Buffer;
    if (++count >= MAX_WAITING) socket.pause();
    queue = queue.then(async () => {
      const onMessage = await gate;
      // What follows a message that failed must wait for the next connection, or the cursor would pass it by.
      if (failure === undefined) {
        try {
          await onMessage(frame);
        } catch (error) {
          failure = { error };
          socket.terminate();
        }
      }
      if (--count < MAX_WAITING && socket.isPaused) socket.resume();
    });
  });
  return {
    async read(onMessage, closed) {
      open(onMessage);
      await closed;
      await queue;
      if (failure !== undefined) throw failure.error;
    },
  };
}

/** The server pings too, and the library answers it; this finds out when the server, or the way to it, has fallen silent. */
async function beat(
  socket: WebSocket,
  clock: Clock,
  closed: Promise<void>,
  onSilence: () => void,
): Promise<void> {
  const beating = new AbortController();
  void closed.then(() => beating.abort());
  let isAlive = true;
  for (const sign of ['pong', 'ping', 'message']) socket.on(sign, () => (isAlive = true));
  for (;;) {
    try {
      await clock.sleep(HEARTBEAT_MS, beating.signal);
    } catch {
      return;
    }
    // While we make it wait, no sign can reach us.
    if (!isAlive && !socket.isPaused) {
      onSilence();
      return socket.terminate();
    }
    isAlive = false;
    socket.ping();
  }
}
