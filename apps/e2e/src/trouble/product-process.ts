import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { ROOT } from '../product/one-process.ts';

/** Compiled sources, kept between starts: a test that restarts a dozen times would spend its time on them. */
const COMPILE_CACHE = join(ROOT, 'node_modules/.cache/node-compile');
const READY_WITHIN_MS = 40_000;
const MAX_OUTPUT = 400_000;

/** An app of the product in a process of its own, to be killed and started again with the same settings and data. */
export interface AppProcess {
  readonly app: string;
  /** Where `/readyz` and `/metrics` are, over all restarts. */
  readonly adminUrl: string;
  readonly dataDir: string;
  /** Starts it where it does not run. @returns without waiting. */
  start(): void;
  /** Resolves when `/readyz` answers 200. @throws when the process ends before, or is not ready in time. */
  ready(): Promise<void>;
  /** SIGKILL, to the process itself. */
  kill(): Promise<void>;
  /** SIGTERM. @returns the exit code. */
  stop(): Promise<number | null>;
  /** The exit code, once it has ended by itself. */
  ended(): Promise<number | null>;
  /** What all its lives wrote, both streams. */
  output(): string;
}

export interface AppOptions {
  /** Folder under `apps`. */
  readonly app: string;
  readonly folder: string;
  readonly adminPort: number;
  readonly env: Readonly<Record<string, string>>;
}

/** An app with its settings; nothing runs before `start`. */
export function createApp({ app, folder, adminPort, env }: AppOptions): AppProcess {
  const dataDir = env['DATA_DIR'] ?? join(folder, 'data');
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  mkdirSync(folder, { recursive: true });
  let child: ChildProcess | undefined;
  let exit: Promise<number | null> = Promise.resolve(null);
  let said = '';
  const hear = (chunk: Buffer) => void (said = (said + chunk.toString()).slice(-MAX_OUTPUT));
  const isRunning = () => child !== undefined && child.exitCode === null && child.signalCode === null;
  const end = (signal: NodeJS.Signals) => {
    if (isRunning()) child?.kill(signal);
    return exit;
  };
  process.once('exit', () => void end('SIGKILL'));
  return {
    app,
    adminUrl,
    dataDir,
    start() {
      if (isRunning()) return;
      child = spawn(process.execPath, [join(ROOT, 'apps', app, 'src/main.ts')], {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          PATH: process.env['PATH'],
          NODE_COMPILE_CACHE: COMPILE_CACHE,
          ADMIN_PORT: String(adminPort),
          DATA_DIR: dataDir,
          DEMO: 'no',
          ...env,
        },
      });
      child.stdout?.on('data', hear);
      child.stderr?.on('data', hear);
      exit = once(child, 'close').then(([code]: unknown[]) => (typeof code === 'number' ? code : null));
    },
    async ready() {
      const deadline = Date.now() + READY_WITHIN_MS;
      while (!(await isReady(adminUrl))) {
        if (!isRunning()) throw new Error(`${app} ended before it was ready: ${said.slice(-2_000)}`);
        if (Date.now() > deadline) throw new Error(`${app} was not ready in time: ${said.slice(-2_000)}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
    ended: () => exit,
    output: () => said,
  };
}

async function isReady(adminUrl: string): Promise<boolean> {
  try {
    return (await fetch(`${adminUrl}/readyz`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false; // not listening yet
  }
}

/**
 * Ports nobody listens on now. Below those the system gives to outgoing connections: a port must still be free when a killed
 * process is started again.
 */
export async function reservePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = 12_000 + Math.floor(Math.random() * 20_000);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
