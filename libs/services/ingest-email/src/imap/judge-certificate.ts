import { readFileSync } from 'node:fs';
import type { TLSSocket } from 'node:tls';
import type { HostTls } from '@proxmox-mcp/schemas';

/** The server is not who it should be, or cannot be known; no login was sent. */
export class CertificateRefused extends Error {
  override readonly name = 'CertificateRefused';
  /** SHA-256 that was seen, to be pinned if it is the right one. */
  readonly seenFingerprint: string | undefined;
  constructor(message: string, seenFingerprint?: string) {
    super(message);
    this.seenFingerprint = seenFingerprint;
  }
}

/** Authorities to connect with. @throws {CertificateRefused} their file cannot be read. */
export function authorities(tls: HostTls): { ca?: Buffer } {
  if (tls.kind !== 'verify' || tls.caFile === undefined) return {};
  try {
    return { ca: readFileSync(tls.caFile) };
  } catch (err) {
    const code = (err as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new CertificateRefused(`the file of the certificate authority cannot be read (${code})`);
  }
}

/** Judges a connection after its handshake. Fails closed. @returns why it must not be used; `undefined` where it may. */
export function judgeCertificate(socket: TLSSocket, tls: HostTls): CertificateRefused | undefined {
  if (tls.kind === 'insecure') return undefined;
  const seen = socket.getPeerX509Certificate()?.fingerprint256;
  if (seen === undefined) return new CertificateRefused('no certificate was shown');
  if (tls.kind === 'verify') {
    if (socket.authorized) return undefined;
    // Typed as Error, but Node stores the error's code, a string.
    const why = String(socket.authorizationError);
    return new CertificateRefused(
      `certificate not trusted (${why}); its SHA-256 fingerprint is ${seen}`,
      seen,
    );
  }
  if (tls.fingerprint.split(',').some((pin) => bare(pin) === bare(seen))) return undefined;
  return new CertificateRefused(`certificate fingerprint is ${seen}, expected ${tls.fingerprint}`, seen);
}

const bare = (fingerprint: string) => fingerprint.replaceAll(':', '').trim().toUpperCase();
