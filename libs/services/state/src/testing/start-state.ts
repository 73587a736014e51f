import type { Bus } from '@proxmox-mcp/bus';
import { createLog, type Metrics, type Service } from '@proxmox-mcp/service-kit';
import { StateConfig } from '../config.ts';
import { RulesYaml } from '../rules/index.ts';
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
  /** What stands in config/rules.yaml. */
  readonly rules?: unknown;
}

/** Starts the real service on a bus, as the kit does. */
export async function startState({
  bus,
  dataDir,
  instance = 'test',
  now = Date.now,
  rules = {},
}: StartOptions): Promise<Service> {
  const service = state.create({
    config: StateConfig.parse({}),
    bus,
    log: createLog('fatal'),
    metrics: SILENT,
    hosts: [],
    inventory: { sources: [] },
    files: { 'rules.yaml': RulesYaml.parse(rules) },
    flood: { perSecond: 200, burst: 5_000 },
    dataDir,
    instance,
    now,
  });
  await service.start(new AbortController().signal);
  return service;
}
