import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands between the lab's webhook targets and the product, and remembers what the product acknowledged. */
export interface WebhookRecorder {
  readonly url: string;
  /** Ids of events the product answered 202 for. */
  readonly acknowledged: ReadonlySet<string>;
  /** Resolves at the next acknowledgement, before the sender has it. */
  nextAcknowledgement(): Promise<void>;
  close(): Promise<void>;
}

/** Passes every request on to `target`, whose answer may fail to come: then the sender gets 502, as from a dead host. */
export async function recordWebhooks(target: string): Promise<WebhookRecorder> {
  const acknowledged = new Set<string>();
  let waiting: (() => void)[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      pass(request.url ?? '/', request.headers, Buffer.concat(chunks)).then(
        (status) => response.writeHead(status).end(),
        () => response.writeHead(502).end(),
      );
    });
  });
  async function pass(
    path: string,
    headers: Readonly<Record<string, unknown>>,
    body: Buffer,
  ): Promise<number> {
    const answer = await fetch(`${target}${path}`, {
      method: 'POST',
      headers: {
        'content-type': String(headers['content-type']),
        authorization: String(headers['authorization']),
      },
      body,
      signal: AbortSignal.timeout(10_000),
    });
    const text = await answer.text();
    if (answer.status === 202) {
      for (const id of (JSON.parse(text) as { ids: string[] }).ids) acknowledged.add(id);
      for (const wake of waiting.splice(0)) wake();
    }
    return answer.status;
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    // A TCP server's address is never a pipe name.
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    acknowledged,
    nextAcknowledgement: () => new Promise((resolve) => void (waiting = [...waiting, resolve])),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
