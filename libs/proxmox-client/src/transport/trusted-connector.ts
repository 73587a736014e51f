import { buildConnector } from 'undici';
import type { HostTls } from '@proxmox-mcp/schemas';
import { createConnector } from './connector.ts';

/**
 * Connections to another server of the operator (Gotify, ntfy), whose certificate is judged as that of a Proxmox host is; plain
 * ones to `http:` addresses.
 *
 * @param timeoutMs longest wait for a connection, in milliseconds, the TLS handshake included.
 */
export function createTrustedConnector(tls: HostTls, timeoutMs: number): buildConnector.connector {
  const secure = createConnector({ tls, timeoutMs, onCertificate: () => undefined });
  const plain = buildConnector({ timeout: timeoutMs });
  return (options, callback) => (options.protocol === 'https:' ? secure : plain)(options, callback);
}
