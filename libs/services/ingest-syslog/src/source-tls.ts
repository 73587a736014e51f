import { createServer } from 'node:tls';
import { SYSLOG_MAX_CONNECTIONS } from './limits.ts';
import { listen, STREAM_OPTIONS, type StreamSource, type TcpSourceOptions } from './source-tcp.ts';
import { readTlsFiles, stampOfFiles, type TlsPaths } from './tls-files.ts';

export interface TlsSourceOptions extends TcpSourceOptions {
  readonly files: TlsPaths;
  readonly now: () => number;
  /** A sender did not get through the handshake; `code` is OpenSSL's or Node's word for it. */
  readonly onRefused: (code: string, origin: string) => void;
  /** Renewed files were taken up (`undefined`), cannot be used (the old ones stay), or the certificate ran out. */
  readonly onCertificate: (trouble: Error | undefined) => void;
}

export interface TlsSource extends StreamSource {
  /** Takes up files that changed. To be called now and then; never throws. */
  refresh(): Promise<void>;
}

const HANDSHAKE_MS = 10_000;

/**
 * Opens the port of syslog over TLS (RFC 5425, and lines as rsyslog's plain framing sends them).
 *
 * @throws {TlsFilesError} the certificate or its key cannot be used.
 */
export async function openTlsSource(options: TlsSourceOptions): Promise<TlsSource> {
  const { files, now, connections, onRefused, onCertificate } = options;
  let stamp = await stampOfFiles(files);
  let { context, expiresAt } = await readTlsFiles(files);
  const mutual = files.caFile !== undefined;
  const server = createServer(
    {
      ...STREAM_OPTIONS,
      ...context,
      // RFC 8996: the older ones are not to be used any more.
      minVersion: 'TLSv1.2',
      requestCert: mutual,
      rejectUnauthorized: mutual,
      handshakeTimeout: HANDSHAKE_MS,
    },
    (socket) => connections.take(socket, 'tls'),
  );
  // Counts those in the handshake too, which `connections` does not know yet.
  server.maxConnections = 2 * SYSLOG_MAX_CONNECTIONS;
  server.on('tlsClientError', (err: NodeJS.ErrnoException, socket) => {
    onRefused(err.code ?? 'unknown', `tls ${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`);
    socket.destroy();
  });
  const source = await listen(server, options);

  function checkExpiry(): void {
    if (expiresAt > now()) return;
    onCertificate(new Error(`${files.certFile} ran out on ${new Date(expiresAt).toISOString()}`));
  }
  checkExpiry();

  return {
    port: source.port,
    close: () => source.close(),
    async refresh() {
      const found = await stampOfFiles(files);
      if (found === stamp) return checkExpiry();
      try {
        ({ context, expiresAt } = await readTlsFiles(files));
        // Connections there are keep the old certificate; what is set once here would be forgotten otherwise.
        server.setSecureContext({ ...context, minVersion: 'TLSv1.2' });
        stamp = found;
        onCertificate(undefined);
        checkExpiry();
      } catch (err) {
        // The stamp stays: the next look tries again, as the other file may only just be written.
        onCertificate(err instanceof Error ? err : new Error('not usable'));
      }
    },
  };
}
