import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createFramer, type Frame, type FramingFault } from './framing.ts';
import type { Received } from './intake.ts';

export interface TcpSourceOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly now: () => number;
  readonly onMessage: (message: Received) => void;
  /** A stream could no longer be cut into messages; its connection is being closed. */
  readonly onFault: (fault: FramingFault, rest: Received) => void;
  /** Whether senders should wait now. */
  readonly isCrowded: () => boolean;
  readonly onError: (err: Error) => void;
}

export interface TcpSource {
  readonly port: number;
  readonly connections: number;
  /** Lets senders go on that were told to wait. */
  resume(): void;
  /** Takes no connections, ends those there are, and hands on their last lines. */
  close(): Promise<void>;
}

/** A lab has tens of hosts; each connection may hold a frame of 1 MiB. */
const MAX_CONNECTIONS = 256;
/** A sender that went away without a word is noticed by keep-alive; one that says nothing for a day is let go. */
const IDLE_MS = 24 * 3_600_000;
const KEEP_ALIVE_AFTER_MS = 60_000;
const CLOSE_GRACE_MS = 300;

/** Opens the TCP port. TCP senders are slowed down when the queue is crowded, so that nothing of theirs is dropped. */
export async function openTcpSource(options: TcpSourceOptions): Promise<TcpSource> {
  const { host, port, now, onMessage, onFault, isCrowded, onError } = options;
  const sockets = new Set<Socket>();
  const server = createServer({ keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS }, (socket) => {
    const origin = `tcp ${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`;
    const framer = createFramer();
    sockets.add(socket);
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    const deliver = (frames: readonly Frame[]) => {
      for (const { bytes, oversize } of frames) onMessage({ bytes, oversize, origin, receivedAt: now() });
    };
    socket.on('data', (chunk: Buffer) => {
      deliver(framer.push(chunk));
      if (framer.fault !== undefined) {
        const bytes = Buffer.from(chunk.subarray(0, 1024));
        onFault(framer.fault, { bytes, oversize: false, origin, receivedAt: now() });
        socket.destroy();
      } else if (isCrowded()) socket.pause();
    });
    socket.on('close', () => {
      deliver(framer.end());
      sockets.delete(socket);
    });
    // A reset connection is the sender's business; what it sent before is kept.
    socket.on('error', () => socket.destroy());
  });
  server.maxConnections = MAX_CONNECTIONS;
  const listening = once(server, 'listening');
  server.listen(port, host);
  await listening;
  server.on('error', onError);
  return {
    // A server that listens on a port has an address of this kind.
    port: (server.address() as AddressInfo).port,
    get connections() {
      return sockets.size;
    },
    resume() {
      for (const socket of sockets) socket.resume();
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // What a sender wrote before it hears of our end is still read.
      for (const socket of sockets) socket.resume().end();
      const timer = setTimeout(() => sockets.forEach((socket) => socket.destroy()), CLOSE_GRACE_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}
