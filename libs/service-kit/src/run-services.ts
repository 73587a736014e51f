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

/**
 * Runs services until SIGTERM or SIGINT.
 *
 * @returns the exit code: 0 told to stop, 1 one service failed (all stop, whoever started us restarts us), 2 settings refused.
 */
export async function runServices(definitions: readonly ServiceDefinition[], options: RunOptions): Promise<number> {
  const complain = options.complain ?? ((text: string) => void process.stderr.write(`${text}\n`));
  const told = new AbortController();
  const onSignal = () => told.abort();
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  let fatal: unknown;
  let running: RunningServices | undefined;
  const fail = (err: unknown) => {
    fatal ??= err;
    told.abort();
  };
  // One failure stops all: a process that limps on half dead is the silent miss nobody forgives.
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  const stopped = new Promise<void>((resolve) => told.signal.addEventListener('abort', () => resolve(), { once: true }));
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
    await running?.stop();
    process.off('SIGTERM', onSignal);
    process.off('SIGINT', onSignal);
    process.off('uncaughtException', fail);
    process.off('unhandledRejection', fail);
  }
  if (fatal === undefined) return EXIT.stopped;
  if (running === undefined) complain(`not started: ${messageOf(fatal)}`);
  else running.log.fatal({ err: fatal }, 'stopped: a service failed');
  return EXIT.failed;
}

function messageOf(err: unknown): string {
  return err instanceof Error ? err.message : String(err);
}
