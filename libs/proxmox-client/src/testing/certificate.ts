import { X509Certificate, generateKeyPairSync, sign } from 'node:crypto';

/** A key and a certificate that signs itself. */
export interface TestCertificate {
  readonly key: string;
  readonly cert: string;
  /** SHA-256, upper-case hex pairs joined by colons. */
  readonly fingerprint: string;
}

// DER by hand (X.690, RFC 5280): Node reads certificates but makes none, and this is all a test needs of one.
const der = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
};
const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const utcTime = (ms: number): Buffer => {
  const digits = new Date(ms).toISOString().replace(/\D/g, '').slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`, 'ascii'));
};
const extension = (id: string, value: Buffer): Buffer => sequence(oid(id), der(0x04, value));

/** Makes a certificate for `name` and 127.0.0.1 that signs itself; by default valid from yesterday to tomorrow. */
export function makeCertificate({
  name = 'localhost',
  endsAt = Date.now() + 86_400_000,
} = {}): TestCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));
  const commonName = sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(name)))));
  const names = sequence(der(0x82, Buffer.from(name)), der(0x87, Buffer.from([127, 0, 0, 1])));
  const content = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    ecdsaWithSha256,
    commonName,
    sequence(utcTime(endsAt - 2 * 86_400_000), utcTime(endsAt)),
    commonName,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(
      0xa3,
      sequence(extension('551d13', sequence(der(0x01, Buffer.from([0xff])))), extension('551d11', names)),
    ),
  );
  const signature = der(0x03, Buffer.from([0]), sign('sha256', content, privateKey));
  const certificate = new X509Certificate(sequence(content, ecdsaWithSha256, signature));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: certificate.toString(),
    fingerprint: certificate.fingerprint256,
  };
}
