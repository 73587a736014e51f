import type { SourceReport } from '@proxmox-mcp/ingest-kit';
import type { Degradation } from '@proxmox-mcp/schemas';
import type { Logger } from '@proxmox-mcp/service-kit';

/** Lines the kernel dropped are told of this long after the last. */
const DROPS_REMEMBERED_MS = 10 * 60_000;

export interface SourceHealthOptions {
  readonly report: SourceReport;
  readonly log: Logger;
  readonly now: () => number;
  /** Called with how many datagrams the kernel dropped since the last look. */
  readonly onKernelDrops: (count: number) => void;
}

/** How the way in is doing, put together from what its parts notice. Each trouble is logged once while it lasts. */
export interface SourceHealth {
  /** Tells of a receive buffer smaller than wanted. */
  receiveBuffer(granted: number, wanted: number): void;
  /** Takes the kernel's count of dropped datagrams, as it stands now. */
  kernelDrops(total: number): void;
  /** The certificate cannot be used or ran out; `undefined`: it is fine again. */
  certificate(trouble: Error | undefined): void;
  /** A listening socket broke. */
  socketFailed(err: Error): void;
  stopped(): Promise<void>;
  /** Writes what is known now. */
  tell(): Promise<void>;
}

type Trouble = Omit<Degradation, 'since'>;

export function createSourceHealth(options: SourceHealthOptions): SourceHealth {
  const { report, log, now, onKernelDrops } = options;
  let small: Trouble | undefined;
  let certificate: Trouble | undefined;
  let broken: Trouble | undefined;
  let wanted = 0;
  let drops = 0;
  let droppedAt = Number.NEGATIVE_INFINITY;

  const isDropping = () => now() - droppedAt < DROPS_REMEMBERED_MS;

  function dropping(): Trouble | undefined {
    if (!isDropping()) return undefined;
    const fix = `sysctl -w net.core.rmem_max=${4 * wanted}, and EVENT_SYSLOG_RECEIVE_BUFFER_BYTES=${4 * wanted}; or forward over TCP`;
    return {
      reason: 'kernel-drops',
      detail: `${drops} UDP lines lost: the receive buffer was full`,
      fix,
    };
  }

  async function tell(): Promise<void> {
    const lost = dropping();
    const told = [broken, lost, certificate, small].filter((trouble) => trouble !== undefined);
    // A small buffer is said, but no fault of the source: everything works until a burst comes.
    const status = broken !== undefined ? 'down' : (lost ?? certificate) !== undefined ? 'degraded' : 'ok';
    await report.set(status, told);
  }

  return {
    tell,
    receiveBuffer(granted, asked) {
      wanted = asked;
      if (granted >= asked) return;
      const fix = `sysctl -w net.core.rmem_max=${asked}`;
      log.warn({ granted, wanted: asked, fix }, 'small UDP receive buffer: bursts may be lost');
      small = { reason: 'receive-buffer', detail: `${granted} bytes granted`, fix };
    },
    kernelDrops(total) {
      const grown = total - drops;
      drops = total;
      if (grown <= 0) return;
      onKernelDrops(grown);
      if (!isDropping()) log.error({ lost: grown }, 'UDP lines lost: the kernel dropped them');
      droppedAt = now();
    },
    certificate(trouble) {
      if (trouble === undefined) {
        certificate = undefined;
        log.info('TLS certificate renewed');
        return;
      }
      const detail = trouble.message.slice(0, 300);
      if (certificate?.detail !== detail) log.error({ err: trouble }, 'TLS certificate not usable');
      certificate = { reason: 'certificate', detail, fix: 'renew EVENT_SYSLOG_TLS_CERT_FILE and its key' };
    },
    socketFailed(err) {
      log.error({ err }, 'syslog socket failed');
      broken = { reason: 'socket', detail: err.message.slice(0, 300) };
      void tell();
    },
    async stopped() {
      await report.set('down', [{ reason: 'stopped', detail: 'the service was stopped' }]);
    },
  };
}
