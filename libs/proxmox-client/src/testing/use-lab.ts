import type { Clock } from '../clock.ts';
import type { HostAccess } from '@proxmox-mcp/schemas';
import type { ClientOptions, RequestRecord } from '../options.ts';
import { createPbsClient, type PbsClient } from '../pbs/client.ts';
import { createPveClient, type PveClient } from '../pve/client.ts';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { makeCertificate, type TestCertificate } from './certificate.ts';
import { startFakeHost, type FakeHost } from './fake-host.ts';

/** A clock that jumps instead of waiting. */
export interface FakeClock extends Clock {
  /** Every sleep asked for, in milliseconds. */
  readonly sleeps: readonly number[];
  advance(ms: number): void;
}

/** A clock at `start`, milliseconds since 1970. */
export function fakeClock(start = Date.UTC(2026, 10, 22, 8, 0, 0)): FakeClock {
  let now = start;
  const sleeps: number[] = [];
  return {
    sleeps,
    now: () => now,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      sleeps.push(ms);
      now += ms;
      return Promise.resolve();
    },
    advance(ms) {
      now += ms;
    },
  };
}

/** Fake hosts and clients of a test file, closed when each test is over. */
export interface Lab {
  /** A fresh one per test, made on first use. */
  host(): Promise<FakeHost>;
  /** One more host, with a certificate of its own unless one is given. */
  anotherHost(certificate?: TestCertificate): Promise<FakeHost>;
  /** The port of a bare TCP server; without `onSocket` one where nobody listens (any more). */
  tcpPort(onSocket?: (socket: Socket) => void): Promise<number>;
  pve(more?: Partial<HostAccess>, options?: ClientOptions): Promise<PveClient>;
  pbs(more?: Partial<HostAccess>, options?: ClientOptions): Promise<PbsClient>;
  /** The clock of the clients, unless they are given another. */
  clock(): FakeClock;
  /** What the clients' recorder hook saw. */
  records(): readonly RequestRecord[];
}

/** Registers the hooks that clean up. */
export function useLab(): Lab {
  let hosts: FakeHost[] = [];
  let clients: { close(): Promise<void> }[] = [];
  let records: RequestRecord[] = [];
  let servers: (() => Promise<void>)[] = [];
  let clock = fakeClock();

  const anotherHost = async (certificate = makeCertificate()): Promise<FakeHost> => {
    const host = await startFakeHost(certificate);
    hosts.push(host);
    return host;
  };
  const host = async (): Promise<FakeHost> => hosts[0] ?? anotherHost();
  const defaults = (): ClientOptions => ({
    clock,
    random: () => 0.5,
    onRequest: (record) => records.push(record),
  });

  afterEach(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await Promise.all([...hosts.map((one) => one.close()), ...servers.map((close) => close())]);
    hosts = [];
    servers = [];
    clients = [];
    records = [];
    clock = fakeClock();
  });

  return {
    host,
    anotherHost,
    async tcpPort(onSocket) {
      const sockets = new Set<Socket>();
      const server = createServer((socket) => {
        sockets.add(socket);
        socket.on('error', () => undefined);
        onSocket?.(socket);
      });
      const close = async (): Promise<void> => {
        for (const socket of sockets) socket.destroy();
        server.close();
        await once(server, 'close');
      };
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      if (onSocket === undefined) await close();
      else servers.push(close);
      return typeof address === 'object' && address !== null ? address.port : 0;
    },
    async pve(more, options) {
      const client = createPveClient((await host()).config(more), { ...defaults(), ...options });
      clients.push(client);
      return client;
    },
    async pbs(more, options) {
      const client = createPbsClient((await host()).config(more), { ...defaults(), ...options });
      clients.push(client);
      return client;
    },
    clock: () => clock,
    records: () => records,
  };
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('expected a rejection');
}
