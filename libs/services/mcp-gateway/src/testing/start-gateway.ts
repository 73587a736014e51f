import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTestBus } from '@proxmox-mcp/bus/testing';
import type { Bus } from '@proxmox-mcp/bus';
import { Inventory } from '@proxmox-mcp/schemas';
import type { Logger, Metrics } from '@proxmox-mcp/service-kit';
import type { GatewayConfig } from '../config.ts';
import type { GatewayOptions } from '../gateway.ts';
import { ReadFailed, type ProxmoxReader } from '../proxmox/reader.ts';
import { mcpGateway } from '../service.ts';

export interface TestGateway extends AsyncDisposable {
  readonly bus: Bus;
  readonly url: string;
  /** Lines announced, in order. */
  readonly announced: string[];
  readonly dataDir: string;
  /** Sum of a counter over its labels, e.g. `gateway_refused_total{reason="host"}`. */
  count(name: string, labels?: Record<string, string>): number;
  /** Everything that went to the log. */
  readonly logged: unknown[];
  details(): Record<string, unknown>;
  /** Deletes what the bus keeps beyond seven days by `busNow`. */
  trim(): void;
  stop(): Promise<void>;
  close(): Promise<void>;
}

/** A reader whose answers are a table of paths; what is not in it fails like a missing privilege. */
export function tableReader(answers: Readonly<Record<string, unknown>>): ProxmoxReader {
  return {
    get(source, path) {
      return path in answers
        ? Promise.resolve({
            data: answers[path],
            total: Array.isArray(answers[path]) ? answers[path].length : 0,
          })
        : Promise.reject(new ReadFailed({ where: source, reason: 'privilege' }));
    },
    close: () => Promise.resolve(),
  };
}

/** Runs a real gateway on a free port over a real embedded bus. */
export async function startGateway(
  settings: Partial<GatewayConfig> = {},
  options: Partial<GatewayOptions> & {
    readonly prepare?: (bus: Bus) => Promise<void>;
    /** Clock of the bus, for retention. */
    readonly busNow?: () => number;
  } = {},
): Promise<TestGateway> {
  const { prepare, busNow, ...gatewayOptions } = options;
  const testBus = await openTestBus(busNow === undefined ? {} : { now: busNow });
  const dataDir = await mkdtemp(join(tmpdir(), 'gateway-'));
  const announced: string[] = [];
  const logged: unknown[] = [];
  const counts = new Map<string, number>();
  await prepare?.(testBus.bus);
  const definition = mcpGateway({
    announce: (line) => announced.push(line),
    createReader: () => tableReader({}),
    ...gatewayOptions,
  });
  const service = definition.create({
    config: {
      GATEWAY_PORT: 0,
      GATEWAY_HOST: '127.0.0.1',
      GATEWAY_ALLOWED_HOSTS: [],
      GATEWAY_RATE_LIMIT: 0,
      ...settings,
    },
    bus: testBus.bus,
    log: recordingLog(logged),
    metrics: countingMetrics(counts),
    hosts: [],
    inventory: Inventory.parse({}),
    files: {},
    flood: { perSecond: 200, burst: 5_000 },
    dataDir,
    instance: 'test',
    now: Date.now,
  });
  const close = async () => {
    await service.stop();
    await testBus.close();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    await service.start(new AbortController().signal);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    bus: testBus.bus,
    url: announced[0]?.replace('Gateway: ', '') ?? '',
    announced,
    dataDir,
    logged,
    count: (name, labels = {}) => counts.get(key(name, labels)) ?? 0,
    details: () => service.details?.() ?? {},
    trim: () => testBus.trim(),
    stop: () => service.stop(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function key(name: string, labels: Record<string, string>): string {
  return `${name}${JSON.stringify(labels)}`;
}

function countingMetrics(counts: Map<string, number>): Metrics {
  const add = (name: string, labels: Record<string, string>, by: number) =>
    counts.set(key(name, labels), (counts.get(key(name, labels)) ?? 0) + by);
  return {
    counter: (name) => ({ inc: (labels = {}, by = 1) => void add(name, labels, by) }),
    gauge: (name) => ({ set: (value, labels = {}) => void counts.set(key(name, labels), value) }),
    histogram: () => ({ observe: () => undefined }),
  };
}

function recordingLog(logged: unknown[]): Logger {
  const record = (...line: unknown[]) => void logged.push(line);
  // The gateway uses these four of pino's methods.
  return { error: record, warn: record, info: record, debug: record } as unknown as Logger;
}
