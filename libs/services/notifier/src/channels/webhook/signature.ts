import { createHmac } from 'node:crypto';

/**
 * Signs one delivery: `sha256=` and the hex HMAC-SHA256 of `<timestamp>.<body>`. The timestamp (epoch seconds, as sent in
 * X-Proxmox-MCP-Timestamp) is signed too, so that a receiver can refuse an old delivery that is played again.
 */
export function signature(key: string, timestamp: string, body: string): string {
  return `sha256=${createHmac('sha256', key).update(`${timestamp}.${body}`).digest('hex')}`;
}

/**
 * Headers of a delivery to a receiver of the user's own.
 *
 * @param id idempotency key.
 * @param options.key without it there is no signature.
 * @param options.now milliseconds since the epoch.
 */
export function signedHeaders(
  id: string,
  body: string,
  options: { readonly key: string | undefined; readonly now: number },
): Record<string, string> {
  const { key, now } = options;
  const timestamp = String(Math.floor(now / 1_000));
  return {
    'user-agent': 'proxmox-mcp',
    'idempotency-key': id,
    'x-proxmox-mcp-timestamp': timestamp,
    ...(key === undefined ? {} : { 'x-proxmox-mcp-signature': signature(key, timestamp, body) }),
  };
}
