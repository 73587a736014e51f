import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

/** How a service is doing, as /readyz shows it. */
export interface ServiceReadiness {
  readonly ready: boolean;
  readonly details?: Record<string, unknown>;
}

export interface AdminOptions {
  readonly host: string;
  readonly port: number;
  readonly registry: Registry;
  /** Readiness by service name, asked on every request. */
  readonly readiness: () => Record<string, ServiceReadiness>;
}

export interface Admin {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Opens /healthz (the process runs), /readyz (503 until every service is ready) and /metrics.
 *
 * @throws when the address is taken; the caller names the setting.
 */
export async function openAdmin(options: AdminOptions): Promise<Admin> {
  const server = createServer((request, response) => {
    void answer(request.url ?? '/', response, options);
  });
  server.requestTimeout = 5_000;
  server.headersTimeout = 5_000;
  await listen(server, options.port, options.host);
  const { address, family, port } = server.address() as AddressInfo; // listening on TCP: never a pipe name
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(url: string, response: ServerResponse, options: AdminOptions): Promise<void> {
  const path = url.split('?', 1)[0];
  if (path === '/healthz') return send(response, 200, 'text/plain', 'ok\n');
  if (path === '/readyz') {
    const services = options.readiness();
    const ready = Object.values(services).every((service) => service.ready);
    return send(response, ready ? 200 : 503, 'application/json', `${JSON.stringify({ ready, services })}\n`);
  }
  if (path === '/metrics') {
    return send(response, 200, options.registry.contentType, await options.registry.metrics());
  }
  return send(response, 404, 'text/plain', 'not found: /healthz, /readyz and /metrics are here\n');
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
