import { connect as connectPlain, isIP } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { ImapTransport } from 'imapflow';
import type { HostTls } from '@proxmox-mcp/schemas';
import { authorities, judgeCertificate } from './judge-certificate.ts';

/**
 * Connections that imapflow is given only after the certificate has been judged, so that no login reaches a stranger. Its own
 * can check a chain, but not a fingerprint before it logs in.
 */
export function createTransport(tls: HostTls): ImapTransport {
  function secured(socket: TLSSocket, onSecure: () => void): TLSSocket {
    return socket.once('secureConnect', () => {
      const refused = judgeCertificate(socket, tls);
      if (refused === undefined) onSecure();
      else socket.destroy(refused);
    });
  }
  const options = (host: string) => ({
    ...authorities(tls),
    ...(isIP(host) === 0 ? { servername: host } : {}),
    // Judged after the handshake, so that the message can name the fingerprint that a person needs to pin it.
    rejectUnauthorized: false,
  });
  return {
    connect({ host, port, secure }, onConnect) {
      if (!secure) return connectPlain({ host, port }, onConnect);
      return secured(connectTls({ ...options(host), host, port }), onConnect);
    },
    upgrade(socket, { host }, onSecure) {
      return secured(connectTls({ ...options(host), socket }), onSecure);
    },
  };
}
