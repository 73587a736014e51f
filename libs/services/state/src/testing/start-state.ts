import type { Bus } from '@proxmox-mcp/bus';
import { createLog, type Metrics, type Service } from '@proxmox-mcp/service-kit';
import { StateConfig } from '../config.ts';
import { state } from '../service.ts';

const SILENT: Metrics = {
  counter: () => ({ inc: () => undefined }),
  gauge: () => ({ set: () => undefined }),
  histogram: () => ({ observe: () => undefined }),
};

export interface StartOptions {
  readonly bus: Bus;
  readonly dataDir: string;
  readonly instance?: string;
  readonly now?: () => number;
  /** YAML files of the config folder, parsed. */
  readonly files?: Readonly<Record<string, unknown>>;
  /** Settings, as a file has them. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Starts the real service on a bus, as the kit does. */
export async function startState({
  bus,
  dataDir,
  instance = 'test',
  now = Date.now,
  files = {},
  settings = {},
}: StartOptions): Promise<Service> {
  const service = state.create({
    config: StateConfig.parse(settings),
    bus,
    log: createLog('fatal'),
    metrics: SILENT,
    hosts: [],
    inventory: { sources: [] },
    files,
    flood: { perSecond: 200, burst: 5_000 },
    dataDir,
    instance,
    now,
  });
  await service.start(new AbortController().signal);
  return service;
}
