import { createHmac } from 'node:crypto';

/**
 * Signs one delivery: `sha256=` and the hex HMAC-SHA256 of `<timestamp>.<body>`. The timestamp (epoch seconds, as sent in
 * X-Proxmox-MCP-Timestamp) is signed too, so that a receiver can refuse an old delivery that is played again.
 */
export function signature(key: string, timestamp: string, body: string): string {
  return `sha256=${createHmac('sha256', key).update(`${timestamp}.${body}`).digest('hex')}`;
}
