import type { Socket } from 'node:net';
import { createFramer, type Frame, type Framer, type FramingFault } from './framing.ts';
import type { Received } from './intake.ts';
import { SYSLOG_MAX_CONNECTIONS } from './limits.ts';

/** Why a connection was closed by us before its sender ended it. */
export type ClosedReason =
  | FramingFault
  /** Part of a counted frame came and nothing more for a minute. */
  | 'stalled-frame'
  /** Nothing came for a day. */
  | 'idle'
  /** It had never said anything, and another sender wanted its place. */
  | 'silent'
  /** Every place is taken by a sender that speaks. */
  | 'too-many-connections';

export interface ConnectionsOptions {
  readonly now: () => number;
  readonly onMessage: (transport: StreamTransport, message: Received) => void;
  /** Called once for each connection that we close; `origin` names its peer. */
  readonly onClosed: (reason: ClosedReason, origin: string) => void;
  /** Whether senders should wait now. */
  readonly isCrowded: () => boolean;
  readonly maxConnections?: number;
}

export type StreamTransport = 'tcp' | 'tls';

/** The open connections of all stream listeners, within one limit. */
export interface Connections {
  readonly size: number;
  /** Reads from a connection that was just made. */
  take(socket: Socket, transport: StreamTransport): void;
  /** Lets senders go on that were told to wait. */
  resume(): void;
  /** Looks for senders that stopped in the middle of a message or long ago. To be called now and then. */
  sweep(): void;
  /** Ends them all, and hands on what they still sent. */
  close(): Promise<void>;
}

/** In the middle of a message nobody pauses this long. */
const STALLED_MS = 60_000;
/** A sender that went away without a word is noticed by keep-alive; one that says nothing for a day is let go. */
const IDLE_MS = 24 * 3_600_000;
/** What a sender wrote before it hears of our end is still read this long. */
const CLOSE_GRACE_MS = 300;

interface Connection {
  readonly socket: Socket;
  readonly origin: string;
  readonly framer: Framer;
  readonly deliver: (frames: readonly Frame[]) => void;
  heardAt: number;
  hasSpoken: boolean;
}

export function createConnections(options: ConnectionsOptions): Connections {
  const { now, onMessage, onClosed, isCrowded } = options;
  const maxConnections = options.maxConnections ?? SYSLOG_MAX_CONNECTIONS;
  // In order of arrival.
  const open = new Map<Socket, Connection>();
  let made = 0;

  function drop({ socket, origin }: Connection, reason: ClosedReason): void {
    onClosed(reason, origin);
    open.delete(socket);
    socket.destroy();
  }

  /** @returns whether there is room; a connection that never said anything makes it. */
  function makeRoom(): boolean {
    if (open.size < maxConnections) return true;
    const silent = [...open.values()].find(({ hasSpoken }) => !hasSpoken);
    if (silent !== undefined) drop(silent, 'silent');
    return silent !== undefined;
  }

  return {
    get size() {
      return open.size;
    },
    take(socket, transport) {
      const origin = `${transport} ${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`;
      // A reset connection is the sender's business; what it sent before is kept.
      socket.on('error', () => socket.destroy());
      if (!makeRoom()) {
        onClosed('too-many-connections', origin);
        socket.destroy();
        return;
      }
      const sender = `${origin}#${++made}`;
      const framer = createFramer();
      const connection: Connection = {
        socket,
        origin,
        framer,
        heardAt: now(),
        hasSpoken: false,
        deliver(frames) {
          if (frames.length > 0) connection.hasSpoken = true;
          for (const { bytes, oversize } of frames) {
            onMessage(transport, { bytes, oversize, origin, sender, receivedAt: now() });
          }
        },
      };
      open.set(socket, connection);
      socket.on('data', (chunk: Buffer) => {
        connection.heardAt = now();
        connection.deliver(framer.push(chunk));
        if (framer.fault !== undefined) drop(connection, framer.fault);
        else if (isCrowded()) socket.pause();
      });
      socket.on('close', () => {
        const wasBroken = framer.fault !== undefined;
        connection.deliver(framer.end());
        if (framer.fault !== undefined && !wasBroken && open.has(socket)) onClosed(framer.fault, origin);
        open.delete(socket);
      });
    },
    resume() {
      for (const { socket } of open.values()) socket.resume();
    },
    sweep() {
      const at = now();
      for (const connection of open.values()) {
        const { framer, socket } = connection;
        // Told to wait by us: its silence is ours.
        if (socket.isPaused()) connection.heardAt = at;
        const silentMs = at - connection.heardAt;
        if (silentMs >= IDLE_MS) drop(connection, 'idle');
        else if (silentMs >= STALLED_MS && framer.isPending) {
          // A line that nothing ended: some senders put the line feed before the next message.
          connection.deliver(framer.end());
          if (framer.fault !== undefined) drop(connection, 'stalled-frame');
        }
      }
    },
    async close() {
      const closing = [...open.keys()].map(
        (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
      );
      for (const socket of open.keys()) socket.resume().end();
      const timer = setTimeout(() => open.forEach(({ socket }) => socket.destroy()), CLOSE_GRACE_MS);
      await Promise.all(closing);
      clearTimeout(timer);
    },
  };
}
