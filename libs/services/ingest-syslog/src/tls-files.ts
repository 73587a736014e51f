import { X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';

/** Where the TLS material lies. */
export interface TlsPaths {
  readonly certFile: string;
  readonly keyFile: string;
  /** Set: senders need a certificate signed by one of these. */
  readonly caFile?: string;
}

/** What a listener needs, checked to fit together. */
export interface TlsMaterial {
  readonly context: SecureContextOptions;
  /** Epoch milliseconds after which senders refuse the certificate. */
  readonly expiresAt: number;
}

/** The files cannot be used. Worth another try: they may be in the middle of being replaced. */
export class TlsFilesError extends Error {
  override readonly name = 'TlsFilesError';
}

/**
 * Reads certificate, key and authorities.
 *
 * @throws {TlsFilesError} one cannot be read, or they do not belong together; the message holds no content.
 */
export async function readTlsFiles(paths: TlsPaths): Promise<TlsMaterial> {
  const { certFile, keyFile, caFile } = paths;
  const [cert, key, ca] = await Promise.all([
    readPem(certFile),
    readPem(keyFile),
    caFile === undefined ? undefined : readPem(caFile),
  ]);
  const context = { cert, key, ...(ca === undefined ? {} : { ca }) };
  try {
    createSecureContext(context);
    return { context, expiresAt: Date.parse(new X509Certificate(cert).validTo) };
  } catch (cause) {
    throw new TlsFilesError(`using ${certFile} with ${keyFile}: ${codeOf(cause)}`, { cause });
  }
}

/** Changes whenever one of the files does; a link that points elsewhere is a change. */
export async function stampOfFiles({ certFile, keyFile, caFile }: TlsPaths): Promise<string> {
  const stamps = [certFile, keyFile, ...(caFile === undefined ? [] : [caFile])].map(async (path) => {
    try {
      const { ino, mtimeMs, size } = await stat(path);
      return `${ino}/${mtimeMs}/${size}`;
    } catch (err) {
      return codeOf(err);
    }
  });
  return (await Promise.all(stamps)).join(' ');
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new TlsFilesError(`reading ${path}: ${codeOf(cause)}`, { cause });
  }
}

/** OpenSSL and the file system give codes; what else they say may quote the file. */
function codeOf(err: unknown): string {
  const code = typeof err === 'object' && err !== null && 'code' in err ? err.code : undefined;
  return typeof code === 'string' ? code : 'not usable';
}
