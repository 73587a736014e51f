import type { SyslogConfig } from './config.ts';
import type { Received } from './intake.ts';
import { openTcpSource, type StreamSource } from './source-tcp.ts';
import { openTlsSource, type TlsSource, type TlsSourceOptions } from './source-tls.ts';
import { openUdpSource, type UdpSource } from './source-udp.ts';

export interface ListenersOptions extends Pick<
  TlsSourceOptions,
  'connections' | 'onError' | 'onRefused' | 'onCertificate' | 'now'
> {
  readonly config: SyslogConfig;
  readonly onDatagram: (message: Received) => void;
}

/** Every port the service listens on. */
export interface Listeners {
  readonly udp: UdpSource;
  readonly tcp: StreamSource;
  /** Only with a certificate. */
  readonly tls: TlsSource | undefined;
  /** Takes nothing new, and ends the connections there are. */
  close(): Promise<void>;
}

const FREE_PORT_ATTEMPTS = 5;

/** Opens UDP and TCP on one port, and TLS on its own. @throws {Error} one cannot be had; then none is open. */
export async function openListeners(options: ListenersOptions): Promise<Listeners> {
  const { config, connections } = options;
  const { udp, tcp } = await openPlain(options);
  let tls: TlsSource | undefined;
  try {
    tls = await openTls(options);
  } catch (err) {
    await Promise.all([udp.close(), tcp.close()]);
    throw err;
  }
  return {
    udp,
    tcp,
    tls,
    async close() {
      await Promise.all([udp.close(), tcp.close(), tls?.close(), connections.close()]);
    },
  };

  async function openPlain(from: ListenersOptions): Promise<{ udp: UdpSource; tcp: StreamSource }> {
    const port = config.EVENT_SYSLOG_LISTEN_PORT;
    for (let attempt = 1; ; attempt++) {
      try {
        return await openBoth(from, port);
      } catch (err) {
        // A free UDP port that the system chose may be taken on TCP; a configured one is the operator's to free.
        if (port !== 0 || attempt === FREE_PORT_ATTEMPTS) throw err;
      }
    }
  }
}

async function openBoth(
  { config, connections, now, onDatagram, onError }: ListenersOptions,
  port: number,
): Promise<{ udp: UdpSource; tcp: StreamSource }> {
  const host = config.EVENT_SYSLOG_LISTEN_HOST;
  const receiveBufferBytes = config.EVENT_SYSLOG_RECEIVE_BUFFER_BYTES;
  const udp = await openUdpSource({ host, port, receiveBufferBytes, now, onMessage: onDatagram, onError });
  try {
    return { udp, tcp: await openTcpSource({ host, port: udp.port, connections, onError }) };
  } catch (err) {
    await udp.close();
    throw err;
  }
}

async function openTls(options: ListenersOptions): Promise<TlsSource | undefined> {
  const { config } = options;
  const certFile = config.EVENT_SYSLOG_TLS_CERT_FILE;
  const keyFile = config.EVENT_SYSLOG_TLS_KEY_FILE;
  const caFile = config.EVENT_SYSLOG_TLS_CA_FILE;
  // The schema wants both or none.
  if (certFile === undefined || keyFile === undefined) return undefined;
  return openTlsSource({
    ...options,
    host: config.EVENT_SYSLOG_TLS_LISTEN_HOST ?? config.EVENT_SYSLOG_LISTEN_HOST,
    port: config.EVENT_SYSLOG_TLS_PORT,
    files: { certFile, keyFile, ...(caFile === undefined ? {} : { caFile }) },
  });
}
