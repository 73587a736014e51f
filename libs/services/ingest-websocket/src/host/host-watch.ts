import { BusUnavailable, WrongRevision } from '@proxmox-mcp/bus';
import { ProxmoxError, type Clock } from '@proxmox-mcp/proxmox-client';
import type { Logger } from '@proxmox-mcp/service-kit';
import { createBudget } from '../pace/budget.ts';
import { isNodeTrouble } from '../pace/lanes.ts';
import { isHostTrouble, troubleOf, type Configured } from './degradation.ts';
import type { HostHealth } from './host-health.ts';
import type { HostMetrics, HostTools } from './host-tools.ts';
import { createRights } from './rights.ts';

/** The watch of one host, running. */
export interface HostWatch {
  /** Resolves when everything under way has ended. Safe twice. */
  stop(): Promise<void>;
}

export interface HostWatchOptions {
  readonly source: string;
  readonly configured: Configured;
  readonly clock: Clock;
  readonly log: Logger;
  readonly health: HostHealth;
  readonly metrics: HostMetrics;
  /** Runs until the tools' signal aborts; started again after a fault. */
  readonly watch: (tools: HostTools) => Promise<void>;
}

/** Just under the one request a second that a host is promised. */
const REQUESTS_PER_SECOND = 0.95;
const BURST = 30;
/** What can wait leaves half of the purse to tasks; */
const IDLE_RESERVE = 15;
/** but not for ever: then it leaves less than following tasks does (`follow-tasks.ts`), or a busy host would hide its disks. */
const IDLE_PATIENCE_MS = 30_000;
const IDLE_LAST_RESERVE = 2;
const IDLE_WAIT_MS = 1_000;
const RESTART_MS = 5_000;
/** What is refused for good is asked again once in a while: somebody may have granted it. */
const REFUSED_MS = 60_000;

/** Starts to watch a host, and keeps at it whatever happens until stopped. */
export function startHostWatch(options: HostWatchOptions): HostWatch {
  const { clock, log, source } = options;
  const stopping = new AbortController();
  const run = async () => {
    while (!stopping.signal.aborted) {
      const turn = new AbortController();
      const end = () => turn.abort(stopping.signal.reason);
      stopping.signal.addEventListener('abort', end, { once: true });
      try {
        const tools = createTools(options, turn);
        await options.watch(tools);
        if (!stopping.signal.aborted) throw turn.signal.reason ?? new Error('the watch ended by itself');
      } catch (error) {
        if (stopping.signal.aborted) return;
        if (error instanceof WrongRevision)
          log.info({ source }, 'another replica has taken this host over; reading its place');
        else if (error instanceof BusUnavailable)
          log.warn({ err: error, source }, 'the place to continue from cannot be read yet, will try again');
        else log.error({ err: error, source }, 'watching the host failed, will start again');
        await clock.sleep(RESTART_MS, stopping.signal).catch(() => undefined);
      } finally {
        turn.abort();
        stopping.signal.removeEventListener('abort', end);
      }
    }
  };
  const done = run();
  return {
    async stop() {
      stopping.abort();
      await done;
    },
  };
}

function createTools(options: HostWatchOptions, turn: AbortController): HostTools {
  const { source, configured, clock, log, health, metrics } = options;
  const { signal } = turn;
  const budget = createBudget({ perSecond: REQUESTS_PER_SECOND, burst: BURST, now: () => clock.now() });

  let isAccessDoubted = false;
  const rights = createRights();

  /** What to do about a refusal: leave the whole host alone for a while, or only this call. */
  const refused = (
    what: string,
    error: ProxmoxError,
  ): { readonly waitMs: number; readonly isHost: boolean } => {
    if (isHostTrouble(error)) return { waitMs: health.failed(error), isHost: true };
    if (error.kind === 'permission') {
      isAccessDoubted = true;
      // One missing right is one trouble, however many calls need it.
      const isNamed = rights.areNamed(error.privileges ?? []);
      health.report(`call ${what}`, isNamed ? [] : [troubleOf(error, configured)]);
    } else log.debug({ source, what, kind: error.kind }, 'call refused, will ask again');
    return { waitMs: REFUSED_MS, isHost: false };
  };
  const attempt = async (what: string, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ProxmoxError) || signal.aborted) throw error;
      return refused(what, error);
    }
    health.succeeded();
    health.report(`call ${what}`, []);
    return undefined;
  };

  return {
    source,
    clock,
    signal,
    authId: configured.authId,
    rights,
    budget: {
      tryTake(reserve) {
        const taken = budget.tryTake(reserve);
        if (taken) metrics.requests.inc();
        return taken;
      },
      waitMs: () => budget.waitMs(),
    },
    health,
    log,
    metrics,
    async take() {
      while (!budget.tryTake()) await clock.sleep(budget.waitMs(), signal);
      metrics.requests.inc();
    },
    async takeIdle() {
      const patientUntil = clock.now() + IDLE_PATIENCE_MS;
      const reserve = () => (clock.now() < patientUntil ? IDLE_RESERVE : IDLE_LAST_RESERVE);
      while (!budget.tryTake(reserve())) await clock.sleep(IDLE_WAIT_MS, signal);
      metrics.requests.inc();
    },
    guard: async (what, work) => (await attempt(what, work))?.waitMs,
    async guardUntilAnswered(what, work) {
      for (;;) {
        const trouble = await attempt(what, work);
        if (!trouble?.isHost) return;
        await clock.sleep(trouble.waitMs, signal);
      }
    },
    async together(loops) {
      for (const loop of loops) loop.catch((error: unknown) => turn.abort(error));
      await Promise.allSettled(loops);
    },
    doubtAccess: () => void (isAccessDoubted = true),
    takeAccessDoubt() {
      const was = isAccessDoubted;
      isAccessDoubted = false;
      return was;
    },
    nodeError(node, error) {
      if (signal.aborted) return;
      if (!(error instanceof ProxmoxError)) return turn.abort(error);
      if (isNodeTrouble(error)) health.nodeFailed(node, error);
      else refused(`node ${node} calls`, error);
    },
  };
}
