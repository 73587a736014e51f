import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { Received } from './intake.ts';
import { readKernelDrops } from './kernel-drops.ts';
import { SYSLOG_MAX_LINE_BYTES } from './limits.ts';

export interface UdpSourceOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Asked of the kernel. */
  readonly receiveBufferBytes: number;
  readonly now: () => number;
  readonly onMessage: (message: Received) => void;
  /** The socket broke after it was open. */
  readonly onError: (err: Error) => void;
}

export interface UdpSource {
  readonly port: number;
  /** What the kernel granted, in bytes, of what was asked. */
  readonly receiveBufferBytes: number;
  /** Datagrams the kernel threw away on this port since it was opened; `undefined` where it does not tell. */
  drops(): Promise<number | undefined>;
  close(): Promise<void>;
}

/** Opens the UDP socket. One datagram is one message, even with a line feed inside (PROXMOX §D.1). */
export async function openUdpSource(options: UdpSourceOptions): Promise<UdpSource> {
  const { host, port, now, onMessage, onError } = options;
  const family = isIPv6(host) ? 'udp6' : 'udp4';
  const socket: Socket = createSocket({ type: family, recvBufferSize: options.receiveBufferBytes });
  let last = { address: '', port: 0, origin: '' };
  socket.on('message', (bytes, { address, port: from }) => {
    const oversize = bytes.length > SYSLOG_MAX_LINE_BYTES;
    // A storm is of one sender: its name is written once.
    if (last.port !== from || last.address !== address) {
      last = { address, port: from, origin: `udp ${address}:${from}` };
    }
    const { origin } = last;
    onMessage({ bytes, oversize, origin, sender: origin, receivedAt: now() });
  });
  const listening = once(socket, 'listening');
  socket.bind(port, host);
  try {
    await listening;
  } catch (err) {
    socket.close();
    throw err;
  }
  socket.on('error', onError);
  const bound = socket.address().port;
  return {
    port: bound,
    // Linux reports twice what it grants, the other half being its own bookkeeping (socket(7), SO_RCVBUF).
    receiveBufferBytes: socket.getRecvBufferSize() / (process.platform === 'linux' ? 2 : 1),
    drops: () => readKernelDrops(family, bound),
    close: () =>
      new Promise((resolve) => {
        socket.off('error', onError);
        socket.on('error', () => undefined);
        socket.close(() => resolve());
      }),
  };
}
