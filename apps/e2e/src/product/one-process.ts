import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Product } from './product.ts';

export const ROOT = resolve(fileURLToPath(import.meta.url), '../../../../..');
/** Settings that let any number of products run side by side on one machine. */
export const FREE_PORTS = {
  GATEWAY_PORT: '0',
  WEBHOOK_PORT: '0',
  EVENT_SYSLOG_LISTEN_PORT: '0',
  ADMIN_PORT: '0',
} as const;

/** Runs what `npm start` runs, on free ports and an empty data folder. */
export async function startOneProcess(env: Readonly<Record<string, string>> = {}): Promise<Product> {
  const folder = await mkdtemp(join(tmpdir(), 'proxmox-mcp-e2e-'));
  const child = spawn(process.execPath, [join(ROOT, 'apps/cli/src/main.ts'), 'up'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], DATA_DIR: join(folder, 'data'), ...FREE_PORTS, ...env },
  });
  const stop = async () => {
    await end(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const [, gotifyUrl = '', gotifyClientToken = ''] = await line(
      child,
      /^Lab's Gotify: (\S+) \(client token (\S+)\)/,
    );
    const [, gatewayUrl = ''] = await line(child, /^Gateway: (\S+)/);
    const [, token = ''] =
      env['GATEWAY_TOKEN'] === undefined ? await line(child, /^Token: (\S+)/) : ['', env['GATEWAY_TOKEN']];
    return { gatewayUrl, token, gotifyUrl, gotifyClientToken, stop };
  } catch (err) {
    await stop();
    throw err;
  }
}

const output = new WeakMap<ChildProcess, { lines: string[]; errors: string[]; grown: Set<() => void> }>();

/** The first line of standard output that matches, seen already or to come. @throws when the process ends first. */
async function line(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  let seen = output.get(child);
  if (seen === undefined) {
    const fresh = { lines: [] as string[], errors: [] as string[], grown: new Set<() => void>() };
    const grow = (list: string[]) => (text: string) => {
      if (list.length < 1_000) list.push(text);
      for (const wake of fresh.grown) wake();
    };
    if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', grow(fresh.lines));
    if (child.stderr !== null) createInterface({ input: child.stderr }).on('line', grow(fresh.errors));
    child.once('exit', () => fresh.grown.forEach((wake) => wake()));
    output.set(child, (seen = fresh));
  }
  for (;;) {
    const match = seen.lines.map((text) => pattern.exec(text)).find((found) => found !== null);
    if (match !== undefined && match !== null) return match;
    if (child.exitCode !== null)
      throw new Error(`ended with ${child.exitCode}: ${seen.errors.slice(-10).join('\n')}`);
    const { grown } = seen;
    await new Promise<void>((resolve) => {
      const wake = () => {
        grown.delete(wake);
        resolve();
      };
      grown.add(wake);
    });
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await ended;
  clearTimeout(timer);
}
