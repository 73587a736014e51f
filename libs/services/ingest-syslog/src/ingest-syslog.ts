import { createIngestLine, createLiveInventory, createSourceReport } from '@proxmox-mcp/ingest-kit';
import { defineService, type Service, type ServiceContext } from '@proxmox-mcp/service-kit';
import { SyslogConfig } from './config.ts';
import { createConnections } from './connections.ts';
import { createIntake, type Received } from './intake.ts';
import { openListeners, type Listeners } from './listeners.ts';
import { createBatchReceiver } from './receive-batch.ts';
import { createSourceHealth } from './source-health.ts';

const NAME = 'ingest-syslog';
/** How often held first lines are looked at. */
const RELEASE_EVERY_MS = 1_000;
/** How often the kernel's count of drops and the connections are looked at. */
const LOOK_EVERY_MS = 2_000;
/** How often the certificate's files are looked at. */
const REFRESH_EVERY_MS = 20_000;
/** Longest wait for the hosts to be known, once; lines of hosts that are not known then are refused. */
const FIRST_WAIT_MS = 10_000;
/** What a full queue is given at the end, before it is counted as lost. */
const STOP_GRACE_MS = 5_000;
/** A warning that repeats is said once in this time. */
const WARN_EVERY_MS = 60_000;

/** Receives syslog of the Proxmox hosts over UDP, TCP and TLS. */
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
  const faults = metrics.counter(
    'syslog_stream_faults_total',
    'Connections that we closed, or that ended in the middle of a message',
    ['reason'],
  );
  const refused = metrics.counter('syslog_tls_refused_total', 'TLS handshakes that failed', ['reason']);
  const open = metrics.gauge('syslog_connections', 'Open TCP and TLS connections');
  const mayWarn = createWarnLimit(now);
  let listeners: Listeners | undefined;
  const timers: NodeJS.Timeout[] = [];

  const health = createSourceHealth({
    report,
    log,
    now,
    onKernelDrops: (count) => dropped.inc({ reason: 'kernel' }, count),
  });
  const receiver = createBatchReceiver({
    line,
    inventory,
    format: config.EVENT_SYSLOG_PARSE_FORMAT,
    now,
    onUnkept: (reason) => unkept.inc({ reason }),
    onStored: () => report.succeeded(),
  });
  const hostsKnown = Promise.withResolvers<void>();
  const intake = createIntake({
    until: hostsKnown.promise,
    prepare: receiver.prepare,
    finish: receiver.finish,
    onRoom: () => connections.resume(),
    onDropped(count) {
      dropped.inc({ reason: 'queue-full' }, count);
      if (mayWarn('queue-full'))
        log.error({ queued: intake.length }, 'syslog messages lost: the queue to the bus is full');
    },
    onRetry: (err, delayMs) => log.warn({ err, delayMs }, 'syslog batch not stored, will retry'),
  });
  // Counted once for each turn of the event loop: a storm would spend more on the counter than on reading.
  const heard = new Map<string, number>();
  const countHeard = () => {
    for (const [transport, count] of heard) received.inc({ transport }, count);
    heard.clear();
  };
  const take = (transport: string, message: Received) => {
    if (heard.size === 0) setImmediate(countHeard);
    heard.set(transport, (heard.get(transport) ?? 0) + 1);
    intake.offer(message);
  };
  const connections = createConnections({
    now,
    onMessage: take,
    isCrowded: () => intake.isCrowded,
    onClosed(reason, origin) {
      faults.inc({ reason });
      if (mayWarn(reason)) log.warn({ reason, origin }, 'syslog connection closed');
    },
  });

  async function look(): Promise<void> {
    connections.sweep();
    open.set(connections.size);
    const drops = await listeners?.udp.drops();
    if (drops !== undefined) health.kernelDrops(drops);
    await health.tell();
  }

  function every(intervalMs: number, work: () => void): void {
    timers.push(setInterval(work, intervalMs));
  }

  return {
    async start() {
      await inventory.start();
      // The first lines of a first start come before the API has told whose they are.
      void inventory.known(FIRST_WAIT_MS).then(hostsKnown.resolve);
      listeners = await openListeners({
        config,
        connections,
        now,
        onDatagram: (message) => take('udp', message),
        onError: (err) => health.socketFailed(err),
        onCertificate: (trouble) => health.certificate(trouble),
        onRefused(code, origin) {
          refused.inc({ reason: reasonOf(code) });
          if (mayWarn('tls')) log.warn({ code, origin }, 'syslog sender refused: TLS handshake failed');
        },
      });
      const { udp, tls } = listeners;
      every(RELEASE_EVERY_MS, () => {
        if (receiver.held > 0) intake.poke();
      });
      every(LOOK_EVERY_MS, () => void look());
      if (tls !== undefined) every(REFRESH_EVERY_MS, () => void tls.refresh());
      log.info(
        { host: config.EVENT_SYSLOG_LISTEN_HOST, port: udp.port, tlsPort: tls?.port },
        'listening for syslog, UDP and TCP',
      );
      if (inventory.index().sources.every(({ nodes }) => nodes.length === 0)) {
        log.warn('no Proxmox node is known yet: syslog of unknown hosts is refused until one is');
      }
      health.receiveBuffer(udp.receiveBufferBytes, config.EVENT_SYSLOG_RECEIVE_BUFFER_BYTES);
      await health.tell();
    },
    async stop() {
      for (const timer of timers.splice(0)) clearInterval(timer);
      const wasOpen = listeners !== undefined;
      await listeners?.close();
      listeners = undefined;
      hostsKnown.resolve();
      await intake.stop(STOP_GRACE_MS);
      await line.stop();
      await inventory.stop();
      if (wasOpen) await health.stopped();
    },
    isReady: () => listeners !== undefined,
    details: () => ({
      port: listeners?.udp.port,
      tlsPort: listeners?.tls?.port,
      receiveBufferBytes: listeners?.udp.receiveBufferBytes,
      connections: connections.size,
      queued: intake.length,
    }),
  };
}

/** Says of each kind of warning whether it is time to say it again. */
function createWarnLimit(now: () => number): (kind: string) => boolean {
  const saidAt = new Map<string, number>();
  return (kind) => {
    if (now() - (saidAt.get(kind) ?? Number.NEGATIVE_INFINITY) < WARN_EVERY_MS) return false;
    saidAt.set(kind, now());
    return true;
  };
}

/** A small set of words for the metric; the log has OpenSSL's own. */
function reasonOf(code: string): string {
  if (/CERT|ISSUER|SELF_SIGNED|LEAF/.test(code)) return 'certificate';
  if (/VERSION|PROTOCOL/.test(code)) return 'version';
  return code === 'ERR_TLS_HANDSHAKE_TIMEOUT' ? 'timeout' : 'handshake';
}
