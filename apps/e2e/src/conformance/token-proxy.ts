import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Adds the token to every request and changes nothing else: the suites cannot send headers of ours. */
export async function startTokenProxy(
  upstream: string,
  token: string,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const { hostname, port } = new URL(upstream);
  const server = createServer((incoming, response) => {
    const { method, url, headers } = incoming;
    const onward = request({
      host: hostname,
      port,
      method,
      path: url,
      headers: { ...headers, authorization: `Bearer ${token}` },
    });
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      // The head of a stream must not wait for its first message.
      response.flushHeaders();
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A TCP server's address is never a pipe name.
  const { port: own } = server.address() as AddressInfo;
  return {
    // The suites try foreign host names against a local one only.
    url: `http://localhost:${own}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
