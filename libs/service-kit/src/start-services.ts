import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Bus } from '@proxmox-mcp/bus';
import { loadSettings, SettingsError, type Environment, type LoadedSettings } from '@proxmox-mcp/config';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import { openAdmin, type Admin, type ServiceReadiness } from './admin.ts';
import { observeOutbox, observeProcess } from './observe-process.ts';
import { createLog } from './log.ts';
import { createMetrics } from './metrics.ts';
import { openProcessBus } from './process-bus.ts';
import type { Service, ServiceDefinition } from './service.ts';

export interface StartOptions {
  /** Variables of the process; only launchers read `process.env`. */
  readonly env: Environment;
  readonly envFile?: string;
  readonly configDir?: string;
  /** Aborts a start that waits for a server which is not there. */
  readonly signal?: AbortSignal;
  readonly log?: Logger;
  /** Called when a running service finds that it cannot go on; the process should stop. */
  readonly onFatal?: (err: unknown) => void;
}

/** Services that run in this process. */
export interface RunningServices {
  readonly adminUrl: string;
  readonly bus: Bus;
  readonly log: Logger;
  readonly settings: LoadedSettings;
  /** What each service says of itself, as /readyz shows it. */
  readiness(): Record<string, ServiceReadiness>;
  /** Stops in reverse order of start, bounded by SHUTDOWN_TIMEOUT_MS. Safe twice. @returns services that did not stop in time. */
  stop(): Promise<readonly string[]>;
}

interface Part {
  readonly name: string;
  readonly service: Service;
  started: boolean;
}

/**
 * Starts services in this process: all settings first, then the admin port, the bus, and every service side by side. There is
 * no start order: each waits for the bus and for nothing else.
 *
 * @throws {SettingsError} nothing was opened.
 */
export async function startServices(
  definitions: readonly ServiceDefinition[],
  options: StartOptions,
): Promise<RunningServices> {
  const settings = readSettings(definitions, options);
  const { common } = settings;
  const log = options.log ?? createLog(common.LOG_LEVEL);
  for (const notice of settings.notices) log.warn(notice);
  const dataDir = resolve(common.DATA_DIR);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });

  const registry = new Registry();
  const stopObserving = observeProcess(createMetrics(registry, 'process'), registry);
  const parts: Part[] = [];
  let busReadiness = (): ServiceReadiness => ({ ready: false });
  const readiness = () => readinessOf(parts, settings, busReadiness());
  const closers: (() => Promise<void>)[] = [async () => stopObserving()];
  let stopping: Promise<readonly string[]> | undefined;
  const stop = () => (stopping ??= stopAll(parts, closers, common.SHUTDOWN_TIMEOUT_MS, log));

  try {
    const admin = await openAdminPort(settings, registry, readiness);
    closers.push(() => admin.close());
    const enabled = definitions.filter((definition) => !settings.disabled.has(definition.name));
    const instance = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
    const bus = await openProcessBus({
      common,
      dataDir,
      services: enabled.map((definition) => definition.name),
      needsOutbox: enabled.some((definition) => definition.listener !== undefined),
      log: log.child({ service: 'bus' }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    closers.push(() => bus.close());
    busReadiness = () => {
      const { connected, ...details } = bus.health();
      return { ready: connected, details };
    };
    observeOutbox(registry, () => bus.health().outbox);
    for (const definition of enabled) {
      const service = definition.create({
        // Parsed by this very definition's schema; the map only forgets which.
        config: settings.values.get(definition.name) as never,
        bus,
        log: log.child({ service: definition.name }),
        metrics: createMetrics(registry, definition.name),
        hosts: settings.hosts,
        inventory: settings.inventory,
        files: settings.files.get(definition.name) ?? {},
        flood: { perSecond: common.INGEST_RATE_PER_SECOND, burst: common.INGEST_BURST },
        dataDir,
        instance,
        now: Date.now,
      });
      parts.push({ name: definition.name, service, started: false });
    }
    const signal = options.signal ?? new AbortController().signal;
    await Promise.all(
      parts.map(async (part) => {
        await part.service.start(signal);
        part.started = true;
        log.info({ service: part.name }, 'started');
      }),
    );
    return { adminUrl: admin.url, bus, log, settings, readiness, stop };
  } catch (err) {
    await stop();
    throw err;
  }
}

function readSettings(definitions: readonly ServiceDefinition[], options: StartOptions): LoadedSettings {
  const settings = loadSettings(definitions, {
    env: options.env,
    ...(options.envFile === undefined ? {} : { envFile: options.envFile }),
    ...(options.configDir === undefined ? {} : { configDir: options.configDir }),
  });
  const [only] = definitions;
  if (definitions.length === 1 && only !== undefined && settings.common.NATS_URL === undefined) {
    // The embedded bus never leaves its process: a service alone on it would talk to nobody.
    const message = `missing: ${only.name} runs in a process of its own and meets the others over NATS; npm start runs all in one`;
    throw new SettingsError([{ key: 'NATS_URL', message }]);
  }
  return settings;
}

async function openAdminPort(
  settings: LoadedSettings,
  registry: Registry,
  readiness: () => Record<string, ServiceReadiness>,
): Promise<Admin> {
  const { ADMIN_HOST: host, ADMIN_PORT: port } = settings.common;
  try {
    return await openAdmin({ host, port, registry, readiness });
  } catch (err) {
    const code = (err as NodeJS.ErrnoException).code ?? 'unknown';
    throw new SettingsError([{ key: 'ADMIN_PORT', message: `cannot listen on ${host}:${port} (${code})` }]);
  }
}

function readinessOf(
  parts: readonly Part[],
  settings: LoadedSettings,
  bus: ServiceReadiness,
): Record<string, ServiceReadiness> {
  const services: Record<string, ServiceReadiness> = { bus };
  for (const name of settings.disabled) services[name] = { ready: true, details: { enabled: false } };
  for (const { name, service, started } of parts) {
    const details = service.details?.();
    services[name] = {
      ready: started && (service.isReady?.() ?? true),
      ...(details === undefined ? {} : { details }),
    };
  }
  return services;
}

/** Services first, in reverse order, within the time they are given; then what they stood on, whether they came back or not. */
async function stopAll(
  parts: readonly Part[],
  closers: readonly (() => Promise<void>)[],
  timeoutMs: number,
  log: Logger,
): Promise<readonly string[]> {
  const late: string[] = [];
  const { promise: deadline, resolve: giveUp } = Promise.withResolvers<'timeout'>();
  const timer = setTimeout(() => giveUp('timeout'), timeoutMs);
  for (const { name, service } of [...parts].reverse()) {
    const outcome = await Promise.race([stopOne(name, () => service.stop(), log), deadline]);
    if (outcome === 'timeout') {
      late.push(name);
      log.warn(
        { service: name, timeoutMs },
        'did not stop in time; what it held is delivered again at the next start',
      );
    }
  }
  clearTimeout(timer);
  for (const close of [...closers].reverse()) await stopOne('process', close, log);
  return late;
}

async function stopOne(name: string, stop: () => Promise<void>, log: Logger): Promise<'stopped'> {
  try {
    await stop();
  } catch (err) {
    log.warn({ err, service: name }, 'not stopped cleanly');
  }
  return 'stopped';
}
