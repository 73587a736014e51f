import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Stands between a client and a server, to be pulled out. */
export interface TcpProxy {
  readonly port: number;
  /** Connections that were opened so far. */
  readonly opened: number;
  /** Ends every connection. */
  cut(): void;
  /** From now on new connections are ended at once, or served again. */
  block(isBlocked: boolean): void;
  stop(): Promise<void>;
}

/** Opens a proxy to a port of this machine. */
export async function openTcpProxy(target: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let isBlocked = false;
  let opened = 0;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    keep(client);
    if (isBlocked) return void client.destroy();
    opened++;
    const upstream = connect(target, '127.0.0.1');
    keep(upstream);
    client.pipe(upstream).pipe(client);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const cut = () => sockets.forEach((socket) => socket.destroy());
  return {
    port: address.port,
    get opened() {
      return opened;
    },
    cut,
    block(blocked) {
      isBlocked = blocked;
      if (blocked) cut();
    },
    async stop() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
