import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Queue } from './queue.ts';
import type { Sender } from './sender.ts';
import { renderSyslogLine, type SyslogTemplate } from './syslog-line.ts';

/** Where rsyslog of the lab's nodes forwards to. */
export interface SyslogTarget {
  readonly host: string;
  readonly port: number;
  /** Default `udp`. */
  readonly transport?: 'udp' | 'tcp';
  /** Default `traditional`. */
  readonly template?: SyslogTemplate;
  /** Of TCP: a line feed after each message (default), or its length before it (`@@(o)host`). */
  readonly framing?: 'lf' | 'octet';
  /** IANA zone of the nodes' clocks; default UTC. */
  readonly timeZone?: string;
}

const CONNECT_TIMEOUT_MS = 10_000;

/** Forwards journal lines as rsyslog does. Each node has a TCP connection of its own; a line that cannot be sent is lost. */
export function createSyslogSender(target: SyslogTarget): Sender {
  const queue = new Queue('syslog');
  const connections = new Map<string, Socket>();
  let udp: UdpSocket | undefined;

  async function sendUdp(message: string): Promise<void> {
    const socket = (udp ??= createSocket(target.host.includes(':') ? 'udp6' : 'udp4').unref());
    await new Promise<void>((resolve, reject) => {
      socket.send(message, target.port, target.host, (error) => (error === null ? resolve() : reject(error)));
    });
  }

  async function sendTcp(node: string, message: string): Promise<void> {
    const connection = connections.get(node) ?? (await open(node));
    const frame = target.framing === 'octet' ? `${Buffer.byteLength(message)} ${message}` : `${message}\n`;
    await new Promise<void>((resolve, reject) => {
      connection.write(frame, (error) => (error === undefined || error === null ? resolve() : reject(error)));
    });
  }

  async function open(node: string): Promise<Socket> {
    const connection = connect(target.port, target.host);
    const forget = () => connections.delete(node);
    // Reported by the write that fails, or by the next one.
    connection.on('error', forget).on('close', forget);
    await once(connection, 'connect', { signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS) }).catch(
      (error: unknown) => {
        connection.destroy();
        throw error;
      },
    );
    connections.set(node, connection);
    return connection;
  }

  return {
    onSyslog(line) {
      const message = renderSyslogLine(line, target.template ?? 'traditional', target.timeZone);
      queue.add(() => (target.transport === 'tcp' ? sendTcp(line.node, message) : sendUdp(message)));
    },
    settled: () => queue.settled(),
    failures: () => queue.failures,
    async stop() {
      await queue.settled();
      const closing = [...connections.values()].map(async (connection) => {
        connection.end();
        if (!connection.closed) await once(connection, 'close').catch(() => undefined);
      });
      // The far end may keep its half open: what was written is on its way, so a moment is enough.
      await Promise.race([Promise.all(closing), new Promise((resolve) => setTimeout(resolve, 200).unref())]);
      for (const connection of connections.values()) connection.destroy();
      connections.clear();
      udp?.close();
      udp = undefined;
    },
  };
}
