import { once } from 'node:events';
import { createServer, type TLSSocket } from 'node:tls';
import type { HostAccess } from '@proxmox-mcp/schemas';
import type { TestCertificate } from './certificate.ts';

/** A request as it arrived. */
export interface SeenRequest {
  readonly method: string;
  /** With query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Counts connections from 1. */
  readonly connection: number;
}

/** What to do with a request: send bytes, never answer, or cut the connection after some bytes. */
export type Reply =
  | { readonly send: Buffer | string; readonly thenClose?: boolean }
  | { readonly hang: true }
  | { readonly reset: true };

/** The far end of the wire: TLS and just enough HTTP to send any answer, also broken ones, byte by byte. */
export interface FakeHost {
  readonly port: number;
  readonly fingerprint: string;
  readonly requests: readonly SeenRequest[];
  readonly connections: number;
  /** Answers everything from now on. */
  answer(reply: (request: SeenRequest) => Reply | Promise<Reply>): void;
  /** A host that pins this one's certificate. */
  config(more?: Partial<HostAccess>): HostAccess;
  close(): Promise<void>;
}

/** Starts one on a port of the system's choice. */
export async function startFakeHost(certificate: TestCertificate): Promise<FakeHost> {
  const requests: SeenRequest[] = [];
  const sockets = new Set<TLSSocket>();
  let connections = 0;
  let handler: (request: SeenRequest) => Reply | Promise<Reply> = () => jsonReply({ data: null });

  const server = createServer({ key: certificate.key, cert: certificate.cert }, (socket) => {
    connections += 1;
    const connection = connections;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    let buffered = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      buffered += chunk;
      const request = parseRequest(buffered, connection);
      if (request === undefined) return;
      buffered = '';
      requests.push(request);
      void respond(socket, request);
    });
  });
  const respond = async (socket: TLSSocket, request: SeenRequest): Promise<void> => {
    const reply = await handler(request);
    if ('hang' in reply) return;
    if ('reset' in reply) socket.destroy();
    else if (reply.thenClose === true) socket.end(reply.send);
    else socket.write(reply.send);
  };

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    port,
    fingerprint: certificate.fingerprint,
    requests,
    get connections() {
      return connections;
    },
    answer(reply) {
      handler = reply;
    },
    config: (more = {}) => ({
      name: 'lab',
      product: 'pve',
      endpoints: [{ host: '127.0.0.1', port }],
      auth: { kind: 'token', user: 'root@pam', tokenName: 'full', secret: TOKEN_SECRET },
      tls: { kind: 'pin', fingerprint: certificate.fingerprint },
      ...more,
    }),
    async close() {
      for (const socket of sockets) socket.destroy();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
}

/** Of the token in `config()`. */
export const TOKEN_SECRET = '11111111-2222-4333-8444-555555555555';

/** An answer in JSON that keeps the connection. */
export function jsonReply(body: unknown, statusLine = '200 OK', headers: readonly string[] = []): Reply {
  return textReply(JSON.stringify(body), statusLine, [
    'Content-Type: application/json;charset=UTF-8',
    ...headers,
  ]);
}

/** An answer of any text that keeps the connection. */
export function textReply(body: string, statusLine: string, headers: readonly string[] = []): Reply {
  const head = [`HTTP/1.1 ${statusLine}`, `Content-Length: ${Buffer.byteLength(body)}`, ...headers];
  return { send: `${head.join('\r\n')}\r\n\r\n${body}` };
}

function parseRequest(text: string, connection: number): SeenRequest | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const [method = '', target = ''] = first.split(' ');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf(':');
      return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
    }),
  );
  const body = text.slice(end + 4);
  if (body.length < Number(headers['content-length'] ?? 0)) return undefined;
  return { method, target, headers, body, connection };
}
