import { SettingsError } from '@proxmox-mcp/config';
import { startServices, type RunningServices, type StartOptions } from './start-services.ts';
import type { ServiceDefinition } from './service.ts';

export interface RunOptions extends StartOptions {
  /** Called once everything is ready. */
  readonly onReady?: (running: RunningServices) => void | Promise<void>;
  /** Where faults of settings are written; default standard error. */
  readonly complain?: (text: string) => void;
}

/** Exit codes of every process of the product. */
export const EXIT = { stopped: 0, failed: 1, settings: 2 } as const;

/** How long the process may outlive its answer, for output to be written. */
const LINGER_MS = 1_000;

/**
 * Runs services until SIGTERM or SIGINT.
 *
 * @returns the exit code: 0 told to stop, 1 one service failed (all stop, whoever started us restarts us), 2 settings refused.
 */
export async function runServices(
  definitions: readonly ServiceDefinition[],
  options: RunOptions,
): Promise<number> {
  const complain = options.complain ?? ((text: string) => void process.stderr.write(`${text}\n`));
  const told = new AbortController();
  const onSignal = () => told.abort();
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  let fatal: unknown;
  let running: RunningServices | undefined;
  let late: readonly string[] = [];
  const fail = (err: unknown) => {
    fatal ??= err;
    told.abort();
  };
  // One failure stops all: a process that limps on half dead is the silent miss nobody forgives.
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  const stopped = new Promise<void>((resolve) =>
    told.signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  try {
    const starting = startServices(definitions, { ...options, signal: told.signal });
    // A start that waits for a dead server must not outlive the order to stop.
    await Promise.race([starting, stopped]);
    if (told.signal.aborted && fatal === undefined) {
      void starting.then((late) => late.stop()).catch(() => undefined);
    } else {
      running = await starting;
      await options.onReady?.(running);
      await stopped;
    }
  } catch (err) {
    if (err instanceof SettingsError) {
      complain(err.message);
      return EXIT.settings;
    }
    if (!told.signal.aborted || fatal !== undefined) fatal ??= err;
  } finally {
    late = (await running?.stop()) ?? [];
    process.off('SIGTERM', onSignal);
    process.off('SIGINT', onSignal);
    process.off('uncaughtException', fail);
    process.off('unhandledRejection', fail);
  }
  const code = fatal === undefined ? EXIT.stopped : EXIT.failed;
  // A service that did not stop in time may hold a socket for ever; whoever started us waits for the process to end.
  if (late.length > 0) setTimeout(() => process.exit(code), LINGER_MS).unref();
  if (fatal === undefined) return code;
  if (running === undefined) complain(`not started: ${messageOf(fatal)}`);
  else running.log.fatal({ err: fatal }, 'stopped: a service failed');
  return code;
}

function messageOf(err: unknown): string {
  return err instanceof Error ? err.message : String(err);
}
