import { get } from 'node:http';

/** One event as the stream tells it; more fields than these are there. */
export interface StreamedEvent {
  readonly type: string;
  readonly channel: string;
  readonly upid?: string;
}

/** Reads the gateway's event stream. @returns a function that ends it. */
export async function followEvents(
  gateway: { readonly gatewayUrl: string; readonly token: string },
  onEvent: (event: StreamedEvent) => void,
): Promise<() => void> {
  const url = new URL('/api/v1/events/stream', gateway.gatewayUrl);
  let buffer = '';
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const request = get(url, { headers: { authorization: `Bearer ${gateway.token}` } }, (response) => {
    if (response.statusCode !== 200) reject(new Error(`the event stream answered ${response.statusCode}`));
    response.setEncoding('utf8').on('data', (chunk: string) => {
      resolve();
      buffer += chunk;
      for (let end = buffer.indexOf('\n\n'); end >= 0; end = buffer.indexOf('\n\n')) {
        const data = /^data: (.*)$/m.exec(buffer.slice(0, end))?.[1];
        buffer = buffer.slice(end + 2);
        if (data !== undefined) onEvent(JSON.parse(data) as StreamedEvent); // our own product's answer
      }
    });
    response.on('error', () => undefined);
  });
  request.on('error', reject);
  await promise;
  return () => request.destroy();
}
