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
export interface ServiceContext<C> {
  readonly config: C;
  readonly bus: Bus;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Configured Proxmox hosts. */
  readonly hosts: readonly HostConfig[];
  /** What the operator wrote in `config/inventory.yaml`; completes what is discovered. */
  readonly inventory: Inventory;
  /** What the definition's YAML files hold, by file name, as `fileOf` reads it. */
  readonly files: Readonly<Record<string, unknown>>;
  /** How much one source may tell: INGEST_RATE_PER_SECOND and INGEST_BURST. Every way in gives it to its ingest line. */
  readonly flood: { readonly perSecond: number; readonly burst: number };
  /** Where the service may keep files; exists. */
  readonly dataDir: string;
  /** Unique per process: lease owner, NATS client suffix. */
  readonly instance: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What a service library exports: its name, its settings, and how to make it. */
export interface ServiceDefinition<S extends z.ZodObject = z.ZodObject> {
  /** One name everywhere: app, log field, metric label, durable consumer, Compose service, word in SERVICES. */
  readonly name: string;
  readonly config: S;
  /** YAML files of the config folder that it reads; each schema accepts `{}`, which an absent file is. */
  readonly files?: Readonly<Record<string, z.ZodType>>;
  /** Only of a way in: how ENABLED_EVENT_LISTENERS and its own switch turn it off. */
  readonly listener?: ListenerSwitch;
  create(context: ServiceContext<z.infer<S>>): Service;
}

/** Ties the settings' type to the service without naming it twice. */
export function defineService<S extends z.ZodObject>(definition: ServiceDefinition<S>): ServiceDefinition<S> {
  return definition;
}

/** What a YAML file of the definition holds; an absent one is what the schema makes of `{}`. What was parsed once may be parsed again. */
export function fileOf<S extends z.ZodType>(
  { files }: Pick<ServiceContext<unknown>, 'files'>,
  name: string,
  schema: S,
): z.infer<S> {
  return schema.parse(files[name] ?? {});
}
