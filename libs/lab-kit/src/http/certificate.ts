import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { der } from './der.ts';

/** A self-signed server certificate, as a fresh Proxmox host has one. */
export interface ServerCertificate {
  /** PEM. */
  readonly cert: string;
  /** PEM, PKCS #8. */
  readonly key: string;
  /** SHA-256 of the DER form, upper-case hex pairs joined by colons. */
  readonly fingerprint: string;
}

const OID = {
  commonName: '2.5.4.3',
  unit: '2.5.4.11',
  organization: '2.5.4.10',
  ecdsaSha256: '1.2.840.10045.4.3.2',
  altName: '2.5.29.17',
  constraints: '2.5.29.19',
};
const LIFETIME_MS = 730 * 86_400_000;

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** Makes a P-256 certificate for `name` that also covers localhost and `address` (IPv4). */
export function makeCertificate(name: string, notBefore: Date, address = '127.0.0.1'): ServerCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const attribute = (oid: string, text: string) => der.set(der.sequence(der.oid(oid), der.utf8(text)));
  const subject = der.sequence(
    attribute(OID.unit, 'PVE Cluster Node'),
    attribute(OID.organization, 'Proxmox Virtual Environment'),
    attribute(OID.commonName, name),
  );
  const dns = (text: string) => der.implicit(2, Buffer.from(text, 'latin1'));
  const ip = (text: string) => der.implicit(7, Buffer.from(text.split('.').map(Number)));
  const altNames = der.sequence(
    dns(name),
    dns('localhost'),
    ip('127.0.0.1'),
    ...(address === '127.0.0.1' ? [] : [ip(address)]),
  );
  const algorithm = der.sequence(der.oid(OID.ecdsaSha256));
  const serial = randomBytes(16);
  serial[0] = 0x4d; // Positive, and never a leading zero.
  const body = der.sequence(
    der.tagged(0, der.integer(Buffer.of(2))),
    der.integer(serial),
    algorithm,
    subject,
    der.sequence(der.utcTime(notBefore), der.utcTime(new Date(notBefore.getTime() + LIFETIME_MS))),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der.tagged(
      3,
      der.sequence(
        // Its own CA, so that the PEM can be given as one.
        der.sequence(
          der.oid(OID.constraints),
          der.boolean(true),
          der.octets(der.sequence(der.boolean(true))),
        ),
        der.sequence(der.oid(OID.altName), der.octets(altNames)),
      ),
    ),
  );
  const certificate = der.sequence(body, algorithm, der.bits(sign('sha256', body, privateKey)));
  const digest = createHash('sha256').update(certificate).digest('hex').toUpperCase();
  return {
    cert: pem('CERTIFICATE', certificate),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    fingerprint: (digest.match(/../g) ?? []).join(':'),
  };
}
