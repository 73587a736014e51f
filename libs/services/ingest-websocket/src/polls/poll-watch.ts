import { CAPABILITIES, ProxmoxError } from '@proxmox-mcp/proxmox-client';
import type { CoverageGuests, Whose } from '@proxmox-mcp/proxmox-events';
import type { Product } from '@proxmox-mcp/schemas';
import type { Journal } from '../cursor/journal.ts';
import { isHostTrouble, type Trouble } from '../host/degradation.ts';
import type { HostTools } from '../host/host-tools.ts';
import { isNodeTrouble } from '../pace/lanes.ts';
import { foldPoll, type PollMemory } from './poll-memory.ts';
import { missingRight, refusedNow, tooSlow } from './poll-troubles.ts';
import type { Poll } from './poll.ts';

/** One poll of one host: what it is to look at next, and what comes of a look. */
export interface PollWatch {
  readonly name: string;
  /** Scopes that are due now: nodes, or the empty name of the whole cluster. */
  due(nowMs: number): string[];
  /** One look. @throws {ProxmoxError} the node is in trouble, and its other polls had better wait too. */
  look(scope: string): Promise<void>;
  /** Something happened that the next look will show: every scope is due. */
  nudge(): void;
}

export interface PollWatchOptions<Seen, Port> {
  readonly tools: HostTools;
  readonly poll: Poll<Seen, Port>;
  readonly port: Port;
  readonly journal: Journal<PollMemory<Seen>>;
  readonly product: Product;
  readonly periodMs: number;
  /** Milliseconds before the first look, so that not everything begins at once. */
  readonly firstMs: number;
  /** Nodes that can be asked now, and all there are. */
  readonly nodes: () => { readonly reachable: readonly string[]; readonly all: readonly string[] };
  /** Name of a node in events. */
  readonly nodeName: (scope: string) => string;
  readonly guests: () => CoverageGuests | undefined;
}

/** A node that did not answer is asked again sooner than in the next round, which may be half an hour away. */
const RETRY_MS = 60_000;
/** What is refused is asked again once in a while: somebody may have granted or installed it. */
const REFUSED_MS = 10 * 60_000;
const NOT_THERE_MS = 30 * 60_000;
/** Refusals that pass by themselves; with the host's own troubles, which the other loops tell of. */
const PASSING: ReadonlySet<ProxmoxError['kind']> = new Set([
  'busy',
  'locked',
  'no-quorum',
  'aborted',
  'closed',
]);

export function createPollWatch<Seen, Port>(options: PollWatchOptions<Seen, Port>): PollWatch {
  const { tools, poll, port, journal, product, periodMs, nodes, guests } = options;
  const { clock, health, rights } = tools;
  const needed = poll.needs?.[product];
  const capability = CAPABILITIES[product].find(({ name }) => name === needed);
  const nextAt = new Map<string, number>();
  const troubles = new Map<string, Trouble>();
  /** Scopes that lacked the right when they were last asked, with how many checks of our rights there had been. */
  const lacking = new Map<string, number>();
  const startAt = clock.now() + options.firstMs;

  const report = (scope: string, trouble: Trouble | undefined) => {
    if (trouble) troubles.set(scope, trouble);
    else troubles.delete(scope);
    // A node that has left the cluster takes its troubles with it.
    const { all } = nodes();
    if (poll.of === 'node') for (const one of troubles.keys()) if (!all.includes(one)) troubles.delete(one);
    const unique = new Map([...troubles.values()].map((one) => [one.detail, one]));
    health.report(`poll ${poll.name}`, [...unique.values()]);
  };
  const isWanted = () =>
    poll.isOptional === undefined || needed === undefined || rights.isGranted(needed) === true;
  const isGrantedAgain = (scope: string) =>
    needed !== undefined &&
    rights.isGranted(needed) === true &&
    rights.checks() > (lacking.get(scope) ?? Number.POSITIVE_INFINITY);
  const again = (scope: string, inMs: number) => void nextAt.set(scope, clock.now() + inMs);

  const refused = (scope: string, error: ProxmoxError, isSecondTry: boolean): void => {
    if (error.kind === 'permission') {
      tools.doubtAccess();
      // What we know of our rights may be older than the refusal: asked again once a newer check grants it. Refused even then, this one
      // node or path is special: no use in asking soon.
      if (!isSecondTry) lacking.set(scope, rights.checks());
      again(scope, Math.max(periodMs, REFUSED_MS));
      const isNamed = needed !== undefined && rights.isNamed(needed);
      const about = { name: poll.name, product, authId: tools.authId };
      return report(scope, isNamed ? undefined : missingRight(capability, about, error));
    }
    if (isNodeTrouble(error)) {
      again(scope, Math.min(periodMs, RETRY_MS));
      if (error.kind === 'timeout') report(scope, tooSlow(poll.name, scope, error));
      throw error;
    }
    if (PASSING.has(error.kind) || isHostTrouble(error)) return again(scope, Math.min(periodMs, RETRY_MS));
    // What never was there (no Ceph, no ZFS) is nobody's trouble; what was there and is refused now is one.
    const wasThere = Object.hasOwn(journal.memory.seen, scope);
    again(scope, wasThere ? Math.min(periodMs, RETRY_MS) : Math.max(periodMs, NOT_THERE_MS));
    report(scope, wasThere ? refusedNow(poll.name, scope, error) : undefined);
  };

  return {
    name: poll.name,
    due(nowMs) {
      if (!isWanted()) return [];
      const scopes = poll.of === 'cluster' ? [''] : nodes().reachable;
      return scopes.filter((scope) => (nextAt.get(scope) ?? startAt) <= nowMs || isGrantedAgain(scope));
    },
    async look(scope) {
      again(scope, periodMs);
      const isSecondTry = isGrantedAgain(scope);
      lacking.delete(scope);
      try {
        const ask = async <T>(call: (signal: AbortSignal) => Promise<T>) => {
          await tools.takeIdle();
          return call(tools.signal);
        };
        const seen = await poll.look({ port, node: scope, ask, nowMs: clock.now(), guests: guests() });
        report(scope, undefined);
        if (seen === undefined) return;
        const whose: Whose = { product, ...(scope !== '' && { node: options.nodeName(scope) }) };
        const scopes = poll.of === 'cluster' ? undefined : nodes().all;
        await journal.apply((memory) =>
          foldPoll(poll, memory, {
            seen,
            scope,
            whose,
            nowMs: clock.now(),
            guests: guests(),
            ...(scopes && { scopes }),
          }),
        );
      } catch (error) {
        if (!(error instanceof ProxmoxError) || tools.signal.aborted) throw error;
        refused(scope, error, isSecondTry);
      }
    },
    nudge: () => nextAt.clear(),
  };
}
