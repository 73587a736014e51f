import type { Bus } from '@proxmox-mcp/bus';
import type { Logger } from 'pino';
import type * as z from 'zod';
import type { HostConfig, ListenerSwitch } from '@proxmox-mcp/config';
import type { Inventory } from '@proxmox-mcp/schemas';
import type { Metrics } from './metrics.ts';

/** A long-running part of the product. Created once, started once, stopped once. */
export interface Service {
  /** Resolves when ready for work. Creating it must not open anything. `signal` aborts when the process is told to stop. */
  start(signal: AbortSignal): Promise<void>;
  /** Refuses new work, finishes what it holds, releases sockets and timers. Safe without start; safe twice. */
  stop(): Promise<void>;
  /** False makes /readyz answer 503. */
  isReady?(): boolean;
  /** Shown under the service's name in /readyz: degraded sources, ports, lags. Never a secret. */
  details?(): Record<string, unknown>;
}

/** Everything a service may use from outside. There is nothing else: no globals, no `process.env`. */
export interface ServiceContext<C, F = Readonly<Record<string, unknown>>> {
  readonly config: C;
  readonly bus: Bus;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Configured Proxmox hosts. */
  readonly hosts: readonly HostConfig[];
  /** What the operator wrote in `config/inventory.yaml`; completes what is discovered. */
  readonly inventory: Inventory;
  /** What the YAML files of the definition hold, by file name. */
  readonly files: F;
  /** How much one source may tell: INGEST_RATE_PER_SECOND and INGEST_BURST. Every way in gives it to its ingest line. */
  readonly flood: { readonly perSecond: number; readonly burst: number };
  /** Where the service may keep files; exists. */
  readonly dataDir: string;
  /** Unique per process: lease owner, NATS client suffix. */
  readonly instance: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** YAML files by name, with what they may hold. */
export type FileSchemas = Readonly<Record<string, z.ZodType>>;
type Files<F extends FileSchemas> = { readonly [K in keyof F]: z.infer<F[K]> };

/** What a service library exports: its name, its settings, and how to make it. */
export interface ServiceDefinition<S extends z.ZodObject = z.ZodObject, F extends FileSchemas = FileSchemas> {
  /** One name everywhere: app, log field, metric label, durable consumer, Compose service, word in SERVICES. */
  readonly name: string;
  readonly config: S;
  /** YAML files of the config folder that it reads; each schema accepts `{}`, which an absent file is. */
  readonly files?: F;
  /** Only of a way in: how ENABLED_EVENT_LISTENERS and its own switch turn it off. */
  readonly listener?: ListenerSwitch;
  create(context: ServiceContext<z.infer<S>, Files<F>>): Service;
}

/** Ties the settings' type to the service without naming it twice. */
export function defineService<S extends z.ZodObject, F extends FileSchemas = FileSchemas>(
  definition: ServiceDefinition<S, F>,
): ServiceDefinition<S, F> {
  return definition;
}
