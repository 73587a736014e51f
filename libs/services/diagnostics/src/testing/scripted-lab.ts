import type { HostConfig } from '@proxmox-mcp/config';
import { createLog, type Metrics, type Service } from '@proxmox-mcp/service-kit';
import type { Bus } from '@proxmox-mcp/bus';
import { DiagnosticsConfig } from '../config.ts';
import type { LabReader } from '../lab/lab-reader.ts';
import { createDiagnostics } from '../service.ts';

/** A host as settings give it. */
export function sampleHost(name = 'atlas', endpoints = ['192.0.2.11', '192.0.2.13']): HostConfig {
  return {
    name,
    product: 'pve',
    kind: 'cluster',
    endpoints: endpoints.map((host) => ({ host, port: 8006 })),
    auth: { kind: 'token', user: 'root@pam', tokenName: 't', secret: 's' },
    tls: { kind: 'insecure' },
  };
}

/** A far end that answers from a script; what the script leaves out never answers. */
export function scriptedReader(script: Partial<LabReader>): LabReader {
  const silent = () => new Promise<never>(() => undefined);
  return {
    clusterStatus: silent,
    haStatus: silent,
    resources: silent,
    clusterTasks: silent,
    nodeUptime: silent,
    storages: silent,
    failedBackups: silent,
    taskLog: silent,
    close: async () => undefined,
    ...script,
  };
}

const SILENT: Metrics = {
  counter: () => ({ inc: () => undefined }),
  gauge: () => ({ set: () => undefined }),
  histogram: () => ({ observe: () => undefined }),
};

export interface TestDiagnostics {
  readonly bus: Bus;
  /** Scripts by host, or by host and address for the views of single members. */
  readonly readers?: (host: HostConfig) => Partial<LabReader>;
  readonly hosts?: readonly HostConfig[];
  readonly settings?: Readonly<Record<string, string>>;
  readonly fetch?: typeof globalThis.fetch;
}

/** Starts the real service with scripted far ends. */
export async function startDiagnostics({
  bus,
  readers = () => ({}),
  hosts = [sampleHost()],
  settings = {},
  fetch,
}: TestDiagnostics): Promise<Service> {
  const service = createDiagnostics(
    {
      config: DiagnosticsConfig.parse(settings),
      bus,
      log: createLog('fatal'),
      metrics: SILENT,
      hosts,
      inventory: { sources: [] },
      files: {},
      flood: { perSecond: 200, burst: 5_000 },
      dataDir: '/nonexistent',
      instance: 'test',
      now: () => Date.parse('2026-03-14T01:10:00Z'),
    },
    {
      createReader: (host) => scriptedReader(readers(host)),
      fetch: fetch ?? (() => Promise.reject(new Error('no network in tests'))),
    },
  );
  await service.start(new AbortController().signal);
  return service;
}
