import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import type { Connections } from './connections.ts';

export interface TcpSourceOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Where accepted connections go. */
  readonly connections: Connections;
  /** The listening socket broke after it was open. */
  readonly onError: (err: Error) => void;
}

/** A listening port. */
export interface StreamSource {
  readonly port: number;
  /** Takes no new connections. Those there are end with `Connections.close`. */
  close(): Promise<void>;
}

const KEEP_ALIVE_AFTER_MS = 60_000;
/** Keep-alive finds senders that went away without a word. */
export const STREAM_OPTIONS = { keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS } as const;

/** Opens the TCP port. TCP senders are slowed down when the queue is crowded, so that nothing of theirs is dropped. */
export async function openTcpSource(options: TcpSourceOptions): Promise<StreamSource> {
  const server = createServer(STREAM_OPTIONS, (socket) => options.connections.take(socket, 'tcp'));
  return listen(server, options);
}

/** Makes a server listen. @throws {Error} the address cannot be had. */
export async function listen(
  server: Server,
  { host, port, onError }: Pick<TcpSourceOptions, 'host' | 'port' | 'onError'>,
): Promise<StreamSource> {
  const listening = once(server, 'listening');
  server.listen(port, host);
  await listening;
  server.on('error', onError);
  return {
    // A server that listens on a port has an address of this kind.
    port: (server.address() as AddressInfo).port,
    // What it waits for are its connections, and they are closed elsewhere.
    close: async () => void server.close(),
  };
}
