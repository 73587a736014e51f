import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';

const CLI = fileURLToPath(new URL('../../../apps/cli/src/main.ts', import.meta.url));
const READY_WITHIN_MS = 60_000;

/** The product as `npm start` runs it, in a process of its own. */
export interface Product {
  /** The `up` command becomes the product: one process. */
  readonly pid: number;
  /** From spawn to the line `Gateway:`. */
  readonly readyMs: number;
  readonly gatewayUrl: string;
  readonly token: string;
  /** What /readyz says of a service. */
  details(service: string): Promise<Readonly<Record<string, unknown>>>;
  stop(): Promise<void>;
}

/**
 * Starts it on free ports and a data folder of its own.
 *
 * @param env hosts and whatever else the product should know.
 */
export async function startProduct(env: Readonly<Record<string, string>>): Promise<Product> {
  const folder = await mkdtemp(join(tmpdir(), 'proxmox-mcp-bench-'));
  const adminPort = await freePort();
  const started = performance.now();
  const child = spawn(process.execPath, [CLI, 'up'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {
      ...process.env,
      DEMO: 'no',
      DATA_DIR: join(folder, 'data'),
      ADMIN_PORT: String(adminPort),
      GATEWAY_PORT: '0',
      WEBHOOK_PORT: '0',
      EVENT_SYSLOG_LISTEN_PORT: '0',
      ...env,
    },
  });
  const stop = async () => {
    if (child.exitCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const lines = linesOf(child);
    const gatewayUrl = await lines.value('Gateway');
    const readyMs = performance.now() - started;
    return {
      pid: child.pid ?? 0,
      readyMs,
      gatewayUrl,
      token: await lines.value('Token'),
      async details(service) {
        const answer = await fetch(`http://127.0.0.1:${adminPort}/readyz`);
        const { services } = (await answer.json()) as {
          services: Record<string, { details?: Record<string, unknown> }>;
        }; // our own product's answer
        return services[service]?.details ?? {};
      },
      stop,
    };
  } catch (err) {
    await stop();
    throw err;
  }
}

function linesOf(child: ChildProcess): { value: (word: string) => Promise<string> } {
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return {
    async value(word) {
      const deadline = performance.now() + READY_WITHIN_MS;
      for (;;) {
        const found = new RegExp(`^${word}: (\\S+)$`, 'm').exec(text)?.[1];
        if (found !== undefined) return found;
        if (child.exitCode !== null || performance.now() > deadline) {
          throw new Error(`the product did not print ${word}: ${text.slice(0, 500)}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    },
  };
}
