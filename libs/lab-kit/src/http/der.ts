/** Writes the little DER that a self-signed certificate needs (X.690). */
function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const { length } = body;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), body]);
  const digits = length < 0x100 ? [length] : [length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, 0x80 | digits.length, ...digits), body]);
}

/** Base-128 form of an object identifier written with dots. */
function oidBytes(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes: number[] = [first * 40 + second];
  for (const arc of rest) {
    const digits: number[] = [arc & 0x7f];
    for (let n = Math.floor(arc / 128); n > 0; n = Math.floor(n / 128)) digits.unshift((n & 0x7f) | 0x80);
    bytes.push(...digits);
  }
  return Buffer.from(bytes);
}

/** Elements by their ASN.1 names. */
export const der = {
  sequence: (...parts: Uint8Array[]) => element(0x30, ...parts),
  set: (...parts: Uint8Array[]) => element(0x31, ...parts),
  oid: (dotted: string) => element(0x06, oidBytes(dotted)),
  /** Non-negative integer from its bytes. */
  integer: (bytes: Uint8Array) =>
    element(0x02, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes),
  boolean: (value: boolean) => element(0x01, Buffer.of(value ? 0xff : 0)),
  utf8: (text: string) => element(0x0c, Buffer.from(text, 'utf8')),
  octets: (bytes: Uint8Array) => element(0x04, bytes),
  bits: (bytes: Uint8Array) => element(0x03, Buffer.of(0), bytes),
  /** Until 2049 X.509 wants UTCTime. */
  utcTime: (at: Date) =>
    element(0x17, Buffer.from(`${at.toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`, 'latin1')),
  /** Context-specific, constructed. */
  tagged: (number: number, ...parts: Uint8Array[]) => element(0xa0 | number, ...parts),
  /** Context-specific, primitive. */
  implicit: (number: number, bytes: Uint8Array) => element(0x80 | number, bytes),
} as const;
