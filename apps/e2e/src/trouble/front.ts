import { Agent, createServer as createTlsServer, request as tlsRequest, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { makeCertificate } from '@proxmox-mcp/lab-kit';

/** What is wrong with a host, seen from outside. */
export type Mood = 'fine' | 'refuses' | 'is-silent' | 'hangs' | 'new-certificate' | 'html';

/** Stands before a host of the lab and can spoil it. */
export interface Front {
  readonly port: number;
  /** SHA-256 of its certificate while it is not a new one. */
  readonly fingerprint: string;
  /** Spoils or mends it; connections there are end. */
  be(mood: Mood): Promise<void>;
  close(): Promise<void>;
}

const BAD_GATEWAY =
  '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>';

/** Opens a front on a port of the system's choice that passes everything on to `targetPort` of this machine. */
export async function openFront(targetPort: number): Promise<Front> {
  const dayAgo = new Date(Date.now() - 86_400_000);
  const [own, other] = [makeCertificate('front', dayAgo), makeCertificate('front', dayAgo)];
  // The lab closes a connection now and then, as pveproxy does; none is kept here, so none is reused too late.
  const agent = new Agent({ rejectUnauthorized: false, keepAlive: false });
  let mood: Mood = 'fine';
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    if (mood === 'hangs') return;
    if (mood === 'html') {
      response.writeHead(502, { 'content-type': 'text/html' }).end(BAD_GATEWAY);
      return;
    }
    const { method, url: path, headers } = request;
    const onward = tlsRequest(
      { host: '127.0.0.1', port: targetPort, method, path, headers, agent },
      (got) => {
        response.writeHead(got.statusCode ?? 502, got.statusMessage, { ...got.headers, connection: 'close' });
        got.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  };
  const servers = new Map<Mood, Server>([
    ['fine', createTlsServer({ cert: own.cert, key: own.key }, answer)],
    ['hangs', createTlsServer({ cert: own.cert, key: own.key }, answer)],
    ['html', createTlsServer({ cert: own.cert, key: own.key }, answer)],
    ['new-certificate', createTlsServer({ cert: other.cert, key: other.key }, answer)],
  ]);
  const sockets = new Set<Socket>();
  const make = () =>
    createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
      servers.get(mood)?.emit('connection', socket);
    });
  let gate = make();
  const listen = (port: number) =>
    new Promise<number>((resolve) =>
      gate.listen(port, '127.0.0.1', () => {
        const address = gate.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      }),
    );
  const shut = () =>
    new Promise<void>((resolve) => {
      gate.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  const port = await listen(0);
  return {
    port,
    fingerprint: own.fingerprint,
    async be(next) {
      if (gate.listening) await shut();
      mood = next;
      if (next === 'refuses') return;
      gate = make();
      await listen(port);
    },
    async close() {
      if (gate.listening) await shut();
      for (const server of servers.values()) server.close();
      agent.destroy();
    },
  };
}
