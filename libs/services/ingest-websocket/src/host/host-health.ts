import type { ProxmoxError } from '@proxmox-mcp/proxmox-client';
import type { Degradation, Product, SourceState } from '@proxmox-mcp/schemas';
import type { Logger } from '@proxmox-mcp/service-kit';
import { troubleOf, type Configured, type Trouble } from './degradation.ts';

/** How one host is doing as a source. Troubles are logged once, when they begin and when they end. */
export interface HostHealth {
  /** The whole host failed. @returns milliseconds to leave it alone. */
  failed(error: ProxmoxError): number;
  /** The host answered. */
  succeeded(): void;
  /** The whole host is away, as far as is known. */
  isDown(): boolean;
  /** One node behind the host failed, or answered again. */
  nodeFailed(node: string, error: ProxmoxError): void;
  nodeSucceeded(node: string): void;
  /** Troubles of one kind of check, replacing those it found before; an empty list ends them. */
  report(check: string, troubles: readonly Trouble[]): void;
  learn(about: { readonly version?: string; readonly cluster?: string }): void;
  /** State for the others; `changed` when it differs from the one taken before, or is half a minute older. */
  take(): { readonly state: SourceState; readonly changed: boolean };
  /** State now, without touching what `take` compares with. */
  peek(): SourceState;
}

export interface HostHealthOptions {
  readonly name: string;
  readonly service: string;
  readonly product: Product;
  readonly owner: string;
  readonly configured: Configured;
  /** Longest pause between two attempts. */
  readonly longestPauseMs: number;
  readonly now: () => number;
  readonly random: () => number;
  readonly log: Logger;
}

const FIRST_PAUSE_MS = 1_000;
const REFRESH_MS = 30_000;
const HOST = 'host';
const MAX_DETAILS = 50;

export function createHostHealth(options: HostHealthOptions): HostHealth {
  const { name, configured, log, now, random, longestPauseMs } = options;
  const troubles = new Map<string, readonly Degradation[]>();
  let failures = 0;
  let lastSuccess: number | undefined;
  let about: { version?: string; cluster?: string } = {};
  let taken = '';
  let takenAt = 0;
  const iso = (ms: number) => new Date(ms).toISOString();

  const report = (check: string, found: readonly Trouble[]) => {
    const before = troubles.get(check) ?? [];
    const same = (a: Trouble, b: Trouble) => a.reason === b.reason && a.detail === b.detail;
    for (const trouble of found)
      if (!before.some((b) => same(b, trouble))) log.warn({ source: name, ...trouble }, 'source is degraded');
    for (const old of before)
      if (!found.some((f) => same(f, old)))
        log.info(
          { source: name, reason: old.reason, detail: old.detail },
          'source is no longer degraded by this',
        );
    if (found.length === 0) troubles.delete(check);
    else {
      const since = (t: Trouble) => before.find((b) => same(b, t))?.since ?? iso(now());
      troubles.set(
        check,
        found.map((t) => ({ ...t, since: since(t) })),
      );
    }
  };

  const stateNow = (): SourceState => {
    const degraded = [...troubles.values()].flat().slice(0, MAX_DETAILS);
    const status: SourceState['status'] = troubles.has(HOST)
      ? 'down'
      : lastSuccess === undefined
        ? 'starting'
        : degraded.length > 0
          ? 'degraded'
          : 'ok';
    const { service, product, owner } = options;
    return {
      name,
      service,
      product,
      owner,
      status,
      degraded,
      ...about,
      ...(lastSuccess !== undefined && { lastSuccessAt: iso(lastSuccess) }),
      at: iso(now()),
    };
  };

  return {
    report,
    failed(error) {
      const trouble = troubleOf(error, configured);
      const [known] = troubles.get(HOST) ?? [];
      // The client words one outage in several ways (refused, then "not asked, failed too often"): one report is enough.
      const isSame = error.kind === 'circuit-open' || known?.reason === trouble.reason;
      if (known === undefined || !isSame) report(HOST, [trouble]);
      const pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures, 16), longestPauseMs);
      failures += 1;
      return Math.max(error.retryAfterMs ?? 0, pause * (0.75 + random() / 4));
    },
    succeeded() {
      failures = 0;
      lastSuccess = now();
      if (troubles.has(HOST)) report(HOST, []);
    },
    isDown: () => troubles.has(HOST),
    nodeFailed(node, error) {
      const key = `node ${node}`;
      if (!troubles.has(key))
        report(key, [
          { reason: 'node-unreachable', detail: `${node} does not answer: ${error.detail.slice(0, 400)}` },
        ]);
    },
    nodeSucceeded(node) {
      if (troubles.has(`node ${node}`)) report(`node ${node}`, []);
    },
    learn(more) {
      about = { ...about, ...more };
    },
    take() {
      const state = stateNow();
      const { status, degraded } = state;
      const shape = JSON.stringify([status, degraded, about]);
      const changed = shape !== taken || now() - takenAt >= REFRESH_MS;
      if (changed) {
        taken = shape;
        takenAt = now();
      }
      return { state, changed };
    },
    peek: () => stateNow(),
  };
}
