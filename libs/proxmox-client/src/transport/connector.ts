import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import type { buildConnector } from 'undici';
import type { HostTls } from '@proxmox-mcp/schemas';
import { TransportFailure, connectFailure } from './failure.ts';

/** What an endpoint showed during the TLS handshake. */
export interface PeerCertificate {
  /** SHA-256, upper-case hex pairs joined by colons. */
  readonly fingerprint: string;
  readonly subject: string;
  readonly issuer: string;
  /** Milliseconds since 1970. */
  readonly validFrom: number;
  readonly validTo: number;
  /** Chain and name check out against the authorities in use. */
  readonly isTrusted: boolean;
}

/** `ab12…` and `AB:12:…` alike as upper-case pairs joined by colons; `undefined` when it is no SHA-256. */
export function readFingerprint(text: string): string | undefined {
  const hex = text.replaceAll(':', '').toUpperCase();
  return /^[0-9A-F]{64}$/.test(hex) ? (hex.match(/../g) ?? []).join(':') : undefined;
}

/** How to connect, and whom to tell what was seen. */
export interface ConnectorOptions {
  readonly tls: HostTls;
  readonly timeoutMs: number;
  /** Called after every handshake, also a refused one. */
  readonly onCertificate: (certificate: PeerCertificate) => void;
}

/**
 * TLS connections that are handed out only after the certificate has been judged, so not a byte of a request (a token!)
 * reaches a stranger. Fails closed: a certificate that cannot be read is a wrong one.
 */
export function createConnector({
  tls,
  timeoutMs,
  onCertificate,
}: ConnectorOptions): buildConnector.connector {
  let trust: { ca?: Buffer } | undefined;
  return ({ hostname, port }, callback) => {
    let socket: TLSSocket;
    try {
      trust ??= authorities(tls);
      socket = open(hostname, port, trust);
    } catch (error) {
      callback(connectFailure(error), null);
      return;
    }
    let isSettled = false;
    const settle = (failure: TransportFailure | undefined): void => {
      if (isSettled) return;
      isSettled = true;
      clearTimeout(timer);
      if (failure === undefined) {
        callback(null, socket);
        return;
      }
      socket.destroy();
      callback(failure, null);
    };
    // Covers the handshake too: a port that accepts and stays silent is as good as none.
    const timer = setTimeout(
      () => settle(new TransportFailure('unreachable', 'connecting timed out')),
      timeoutMs,
    );
    socket
      .setNoDelay(true)
      .setKeepAlive(true, 60_000)
      .once('secureConnect', () => settle(judge(socket, tls, onCertificate)))
      // Stays for the life of the socket: later errors are undici's, which hears of them by itself.
      .on('error', (error) => settle(connectFailure(error)));
  };
}

function open(hostname: string, port: string, trust: { ca?: Buffer }): TLSSocket {
  return connect({
    ...trust,
    host: hostname,
    port: Number(port) || 443,
    // An address is no server name (RFC 6066 §3).
    ...(isIP(hostname) === 0 ? { servername: hostname } : {}),
    // pveproxy speaks HTTP/1.1 only, and HTTP/2 has no reason phrase, where PVE puts its messages.
    ALPNProtocols: ['http/1.1'],
    // Node's verdict is read in `judge` instead of letting it cut the connection: only so can the error say which
    // fingerprint was seen, which is what a person needs to pin it. No session is ever resumed, which would skip the
    // check of the name.
    rejectUnauthorized: false,
  });
}

function authorities(tls: HostTls): { ca?: Buffer } {
  if (tls.kind !== 'verify' || tls.caFile === undefined) return {};
  try {
    return { ca: readFileSync(tls.caFile) };
  } catch (cause) {
    throw new TransportFailure('tls', 'the file of the certificate authority cannot be read', { cause });
  }
}

/** `undefined` when the connection may be used. */
function judge(
  socket: TLSSocket,
  tls: HostTls,
  onCertificate: (certificate: PeerCertificate) => void,
): TransportFailure | undefined {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return new TransportFailure('tls', 'no certificate was shown');
  const seenFingerprint = certificate.fingerprint256;
  onCertificate({
    fingerprint: seenFingerprint,
    subject: certificate.subject,
    issuer: certificate.issuer,
    validFrom: Date.parse(certificate.validFrom),
    validTo: Date.parse(certificate.validTo),
    isTrusted: socket.authorized,
  });
  switch (tls.kind) {
    case 'insecure':
      return undefined;
    case 'verify': {
      if (socket.authorized) return undefined;
      // Typed as Error, but Node stores the error's code, a string.
      const why = String(socket.authorizationError);
      return new TransportFailure(
        'tls',
        `certificate not trusted (${why}); its SHA-256 fingerprint is ${seenFingerprint}`,
        {
          seenFingerprint,
        },
      );
    }
    case 'pin': {
      const pins = tls.fingerprint.split(',').map((pin) => readFingerprint(pin) ?? pin.trim());
      if (pins.includes(seenFingerprint)) return undefined;
      const expectedFingerprint = pins.join(' or ');
      return new TransportFailure(
        'fingerprint',
        `certificate fingerprint is ${seenFingerprint}, expected ${expectedFingerprint}`,
        { expectedFingerprint, seenFingerprint },
      );
    }
    default:
      return new TransportFailure('tls', `unknown kind of trust ${String(tls satisfies never)}`);
  }
}
