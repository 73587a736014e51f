import { openTestBus } from '@proxmox-mcp/bus/testing';
import type { Bus } from '@proxmox-mcp/bus';
import { TOOLSETS, type Tier } from '../auth/grants.ts';
import { callTool, type CallOutcome } from '../call/call-tool.ts';
import { Mirror } from '../fleet/mirror.ts';
import { HoldLimit } from '../wait/limits.ts';
import { answerHistory, noHistory, seedFleet, type History } from './fleet.ts';
import { tableReader } from './start-gateway.ts';

/** Calls tools the way MCP and REST do, without a socket between. */
export interface ToolBench extends AsyncDisposable {
  readonly bus: Bus;
  readonly history: History;
  readonly faults: unknown[];
  /** Progress told so far. */
  readonly progress: number[];
  /** @returns the structured content of a call that must succeed. */
  ask(name: string, args?: unknown): Promise<Record<string, unknown>>;
  call(
    name: string,
    args?: unknown,
    options?: { tier?: Tier; signal?: AbortSignal },
  ): Promise<CallOutcome | undefined>;
  /** Deletes what is past retention by `busNow`. */
  trim(): void;
  close(): Promise<void>;
}

/** Opens a bench over a real bus with the small fleet in it. */
export async function openToolBench(
  options: {
    readonly answers?: Readonly<Record<string, unknown>>;
    readonly now?: () => number;
    /** Clock of the bus, for retention. */
    readonly busNow?: () => number;
    readonly prepare?: (bus: Bus) => Promise<void>;
    /** `false`: nobody answers requests for history. */
    readonly history?: boolean;
  } = {},
): Promise<ToolBench> {
  const testBus = await openTestBus(options.busNow === undefined ? {} : { now: options.busNow });
  const { bus } = testBus;
  await seedFleet(bus);
  await options.prepare?.(bus);
  const history = options.history === false ? noHistory() : await answerHistory(bus);
  const mirror = new Mirror(() => undefined);
  await mirror.start(bus);
  const faults: unknown[] = [];
  const progress: number[] = [];
  const waits = new HoldLimit({ perPrincipal: 3, total: 10 });

  const call: ToolBench['call'] = (name, args = {}, { tier = 'operate', signal } = {}) =>
    callTool(
      name,
      args,
      {
        mirror,
        bus,
        proxmox: tableReader(options.answers ?? {}),
        principal: { id: 't1', name: 'alice', tier, toolsets: new Set(TOOLSETS) },
        now: options.now ?? Date.now,
        signal: signal ?? new AbortController().signal,
        progress: (done) => void progress.push(done),
        takeWait: () => waits.take('t1'),
      },
      (_tool, error) => void faults.push(error),
    );

  const close = async () => {
    await mirror.stop();
    await testBus.close();
  };
  return {
    bus,
    history,
    faults,
    progress,
    call,
    trim: () => testBus.trim(),
    async ask(name, args) {
      const outcome = await call(name, args);
      if (outcome?.ok !== true) throw new Error(`${name} failed: ${outcome?.text ?? 'no such tool'}`);
      return outcome.structured;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
