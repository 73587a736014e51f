import { createIngestLine, createLiveInventory, createSourceReport } from '@proxmox-mcp/ingest-kit';
import { defineService, type Service, type ServiceContext } from '@proxmox-mcp/service-kit';
import { SyslogConfig } from './config.ts';
import { createIntake, type Received } from './intake.ts';
import { SYSLOG_RECEIVE_BUFFER_BYTES } from './limits.ts';
import { createBatchReceiver } from './receive-batch.ts';
import { openTcpSource, type TcpSource } from './source-tcp.ts';
import { openUdpSource, type UdpSource } from './source-udp.ts';

const NAME = 'ingest-syslog';
/** How often held first lines are looked at. */
const RELEASE_EVERY_MS = 1_000;
/** What a full queue is given at the end, before it is counted as lost. */
const STOP_GRACE_MS = 5_000;
const FREE_PORT_ATTEMPTS = 5;
/** A warning that repeats is said once in this time. */
const WARN_EVERY_MS = 60_000;

/** Receives syslog of the Proxmox hosts over UDP and TCP. */
export const ingestSyslog = defineService({
  name: NAME,
  config: SyslogConfig,
  listener: { word: 'SYSLOG', switchKey: 'EVENT_SYSLOG_ENABLED' },
  create: createIngestSyslog,
});

function createIngestSyslog(context: ServiceContext<SyslogConfig>): Service {
  const { config, bus, log, metrics, now } = context;
  const inventory = createLiveInventory({ bus, log, configured: context.inventory, hosts: context.hosts });
  const line = createIngestLine({ ...context, service: NAME, channel: 'syslog' });
  const report = createSourceReport({ bus, log, name: NAME, service: NAME, now });
  const received = metrics.counter('syslog_received_total', 'Messages read from a socket', ['transport']);
  const dropped = metrics.counter('syslog_dropped_total', 'Messages lost before they were read', ['reason']);
  const unkept = metrics.counter('syslog_unkept_total', 'Refused messages too many to be kept', ['reason']);
  const faults = metrics.counter('syslog_stream_faults_total', 'Connections closed as unreadable', [
    'reason',
  ]);
  let udp: UdpSource | undefined;
  let tcp: TcpSource | undefined;
  let timer: NodeJS.Timeout | undefined;
  let warnedAt = Number.NEGATIVE_INFINITY;

  const receiver = createBatchReceiver({
    line,
    inventory,
    format: config.EVENT_SYSLOG_PARSE_FORMAT,
    now,
    onUnkept: (reason) => unkept.inc({ reason }),
    onStored: () => report.succeeded(),
  });
  const intake = createIntake({
    prepare: receiver.prepare,
    finish: receiver.finish,
    onRoom: () => tcp?.resume(),
    onDropped(count) {
      dropped.inc({ reason: 'queue-full' }, count);
      if (now() - warnedAt < WARN_EVERY_MS) return;
      warnedAt = now();
      log.error({ queued: intake.length }, 'syslog messages lost: the queue to the bus is full');
    },
    onRetry: (err, delayMs) => log.warn({ err, delayMs }, 'syslog batch not stored, will retry'),
  });

  const onError = (err: Error) => {
    log.error({ err }, 'syslog socket failed');
    void report.set('down', [{ reason: 'socket', detail: err.message.slice(0, 300) }]);
  };
  const take = (transport: string) => (message: Received) => {
    received.inc({ transport });
    intake.offer(message);
  };

  async function openBoth(port: number): Promise<{ udp: UdpSource; tcp: TcpSource }> {
    const host = config.EVENT_SYSLOG_LISTEN_HOST;
    const opened = await openUdpSource({ host, port, now, onMessage: take('udp'), onError });
    try {
      const stream = await openTcpSource({
        host,
        port: opened.port,
        now,
        onMessage: take('tcp'),
        isCrowded: () => intake.isCrowded,
        onFault(reason, { origin }) {
          faults.inc({ reason });
          log.warn({ reason, origin }, 'syslog connection closed: its bytes cannot be cut into messages');
        },
        onError,
      });
      return { udp: opened, tcp: stream };
    } catch (err) {
      await opened.close();
      throw err;
    }
  }

  async function open(): Promise<void> {
    const port = config.EVENT_SYSLOG_LISTEN_PORT;
    for (let attempt = 1; ; attempt++) {
      try {
        ({ udp, tcp } = await openBoth(port));
        return;
      } catch (err) {
        // A free UDP port that the system chose may be taken on TCP; a configured one is the operator's to free.
        if (port !== 0 || attempt === FREE_PORT_ATTEMPTS) throw err;
      }
    }
  }

  async function tellReceiveBuffer(granted: number): Promise<void> {
    if (granted >= SYSLOG_RECEIVE_BUFFER_BYTES) return report.set('ok');
    const fix = `sysctl -w net.core.rmem_max=${SYSLOG_RECEIVE_BUFFER_BYTES}`;
    log.warn(
      { granted, wanted: SYSLOG_RECEIVE_BUFFER_BYTES, fix },
      'small UDP receive buffer: bursts may be lost',
    );
    // Said, but no fault of the source: everything works until a burst comes.
    await report.set('ok', [{ reason: 'receive-buffer', detail: `${granted} bytes granted`, fix }]);
  }

  return {
    async start() {
      await inventory.start();
      await open();
      timer = setInterval(() => {
        if (receiver.held > 0) intake.poke();
      }, RELEASE_EVERY_MS);
      log.info(
        { host: config.EVENT_SYSLOG_LISTEN_HOST, port: udp?.port },
        'listening for syslog, UDP and TCP',
      );
      if (inventory.index().sources.every(({ nodes }) => nodes.length === 0)) {
        log.warn('no Proxmox node is known yet: syslog of unknown hosts is refused until one is');
      }
      await tellReceiveBuffer(udp?.receiveBufferBytes ?? 0);
    },
    async stop() {
      clearInterval(timer);
      const wasOpen = udp !== undefined;
      await Promise.all([udp?.close(), tcp?.close()]);
      await intake.stop(STOP_GRACE_MS);
      await line.stop();
      await inventory.stop();
      udp = undefined;
      tcp = undefined;
      if (wasOpen) await report.set('down', [{ reason: 'stopped', detail: 'the service was stopped' }]);
    },
    isReady: () => udp !== undefined && tcp !== undefined,
    details: () => ({
      port: udp?.port,
      receiveBufferBytes: udp?.receiveBufferBytes,
      connections: tcp?.connections ?? 0,
      queued: intake.length,
    }),
  };
}
