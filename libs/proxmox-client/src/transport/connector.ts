import { readFileSync } from 'node:fs';
import { TLSSocket } from 'node:tls';
import { buildConnector } from 'undici';
import type { HostTls } from '../host.ts';
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
  let connect: buildConnector.connector | undefined;
  return (options, callback) => {
    try {
      connect ??= buildConnector({
        ...authorities(tls),
        // Node's verdict is read below instead of letting it cut the connection: only so can the error say which
        // fingerprint was seen, which is what a person needs to pin it.
        rejectUnauthorized: false,
        // A resumed session skips the check of the name.
        maxCachedSessions: 0,
        // pveproxy speaks HTTP/1.1 only, and HTTP/2 has no reason phrase, where PVE puts its messages.
        allowH2: false,
        timeout: timeoutMs,
      });
    } catch (error) {
      callback(error instanceof Error ? error : new Error(String(error)), null);
      return;
    }
    connect(options, (error, socket) => {
      if (error !== null) {
        callback(connectFailure(error), null);
        return;
      }
      const verdict = judge(socket instanceof TLSSocket ? socket : undefined, tls, onCertificate);
      if (verdict === undefined) {
        callback(null, socket);
        return;
      }
      socket.destroy();
      callback(verdict, null);
    });
  };
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
  socket: TLSSocket | undefined,
  tls: HostTls,
  onCertificate: (certificate: PeerCertificate) => void,
): TransportFailure | undefined {
  const certificate = socket?.getPeerX509Certificate();
  if (socket === undefined || certificate === undefined)
    return new TransportFailure('tls', 'no certificate was shown');
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
