import { stateKeys, type Degradation, type SourceState } from '@proxmox-mcp/schemas';
import type { Bus } from '@proxmox-mcp/bus';
import type { Logger } from '@proxmox-mcp/service-kit';

/** A busy source would write its time of success thousands of times a second. */
const SUCCESS_EVERY_MS = 30_000;

export interface SourceReportOptions {
  readonly bus: Bus;
  readonly log: Logger;
  /** Name of the way in; also that of its service, where a service has one. */
  readonly name: string;
  readonly service: string;
  readonly now: () => number;
}

/** Tells the others how a way in is doing: `sources.<name>` in the STATE key-value. */
export interface SourceReport {
  /** Writes the status when it changed. A bus that is away costs a warning, never the source. */
  set(status: SourceState['status'], degraded?: readonly Omit<Degradation, 'since'>[]): Promise<void>;
  /** Something arrived and was stored. Written at most twice a minute. */
  succeeded(): void;
}

export function createSourceReport(options: SourceReportOptions): SourceReport {
  const { bus, log, name, service, now } = options;
  let state: SourceState | undefined;
  let writtenAt = 0;

  async function write(next: SourceState): Promise<void> {
    state = next;
    writtenAt = now();
    try {
      await (await bus.kv('STATE')).put(stateKeys.source(name), JSON.stringify(next));
    } catch (err) {
      log.warn({ err }, 'state of the source not written');
    }
  }

  const iso = () => new Date(now()).toISOString();
  return {
    async set(status, degraded = []) {
      const before = state?.degraded ?? [];
      const said = (list: readonly Omit<Degradation, 'since'>[]) =>
        list.map(({ reason, detail }) => `${reason}: ${detail}`).join('\n');
      if (state?.status === status && said(before) === said(degraded)) return;
      const since = (reason: string) => before.find((known) => known.reason === reason)?.since ?? iso();
      await write({
        name,
        service,
        status,
        degraded: degraded.map((item) => ({ ...item, since: since(item.reason) })),
        ...(state?.lastSuccessAt === undefined ? {} : { lastSuccessAt: state.lastSuccessAt }),
        at: iso(),
      });
    },
    succeeded() {
      if (state === undefined) return;
      const isFirst = state.lastSuccessAt === undefined;
      if (isFirst || now() - writtenAt >= SUCCESS_EVERY_MS) {
        void write({ ...state, lastSuccessAt: iso(), at: iso() });
      }
    },
  };
}
