import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Reply } from './http-receiver.ts';

/** The WebSocket side of a pretend Gotify. */
export interface GotifyStreams {
  send(message: object): void;
  count(): number;
  /** Ends every connection, as a server that restarts does. */
  cut(): void;
  /** Stays connected and says nothing more, not even pong, as a process that hangs. */
  hush(): void;
  /** With a status: answers requests for /stream with it, as a proxy that passes no upgrades; without: lets them through. */
  refuse(status?: number): void;
  close(): void;
}

/** The original reads no more than this from a client: it expects nothing but pings and pongs. */
const READ_LIMIT_BYTES = 64;

/**
 * Answers upgrades of `server`.
 *
 * @param admit `undefined` when the request may have the stream, else the refusal.
 */
export function serveStreams(
  server: Server,
  admit: (incoming: IncomingMessage) => Reply | undefined,
): GotifyStreams {
  const streams = new Set<WebSocket>();
  const hushed = new WeakSet<WebSocket>();
  const sockets = new WebSocketServer({ noServer: true, maxPayload: READ_LIMIT_BYTES });
  let refusal: number | undefined;
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const refused = refusal === undefined ? admit(incoming) : { status: refusal, body: '<html>proxy</html>' };
    if (refused !== undefined) {
      const body = typeof refused.body === 'string' ? refused.body : JSON.stringify(refused.body);
      const type = typeof refused.body === 'string' ? 'text/html' : 'application/json';
      socket.end(
        `HTTP/1.1 ${refused.status} ${STATUS_CODES[refused.status]}\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
      );
      return;
    }
    sockets.handleUpgrade(incoming, socket, head, (stream) => {
      streams.add(stream);
      stream.on('close', () => streams.delete(stream));
      stream.on('error', () => stream.terminate());
    });
  });
  const cut = () => {
    for (const stream of streams) stream.terminate();
  };
  return {
    send(message) {
      for (const stream of streams) if (!hushed.has(stream)) stream.send(JSON.stringify(message));
    },
    count: () => streams.size,
    cut,
    hush() {
      for (const stream of streams) {
        hushed.add(stream);
        stream.pause();
      }
    },
    refuse(status) {
      refusal = status;
    },
    close() {
      cut();
      sockets.close();
    },
  };
}
