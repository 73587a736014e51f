import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { ROOT } from './one-process.ts';
import type { Product } from './product.ts';

const run = promisify(execFile);
const PROJECT = 'proxmox-mcp-e2e';

/** Whether a Docker engine with Compose answers. */
export async function hasCompose(): Promise<boolean> {
  try {
    await run('docker', ['info'], { timeout: 20_000 });
    await run('docker', ['compose', 'version'], { timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
}

/** What a Compose run can do beyond being a product. */
export interface ComposeProduct extends Product {
  /** `docker compose …` on this run. @returns standard output. */
  compose(...args: string[]): Promise<string>;
}

/** Builds the image and runs one container per service, with the lab, as `docker compose --profile demo up` does. */
export async function startCompose(): Promise<ComposeProduct> {
  const [gateway, webhook, syslog, receiver] = await freePorts(4);
  const env = {
    ...process.env,
    GATEWAY_PORT: String(gateway),
    WEBHOOK_PORT: String(webhook),
    SYSLOG_PORTS: `${syslog}-${Number(syslog) + 9}`,
    LAB_RECEIVER_PORT: String(receiver),
    // A busy machine takes its time until everything is healthy; the tests want to see the scenario from its beginning.
    LAB_SCENARIO_DELAY: '60',
  };
  const compose = async (...args: string[]) => {
    const { stdout } = await run('docker', ['compose', '-p', PROJECT, '--profile', 'demo', ...args], {
      cwd: ROOT,
      env,
      maxBuffer: 64_000_000,
      timeout: 900_000,
    });
    return stdout;
  };
  const stop = async () => void (await compose('down', '-v', '--timeout', '5'));
  try {
    await compose('down', '-v', '--timeout', '5');
    await compose('up', '-d', '--build', '--wait');
    const logs = await compose('logs', 'token');
    return {
      gatewayUrl: `http://127.0.0.1:${gateway}`,
      token: /Token: (\S+)/.exec(logs)?.[1] ?? '',
      gotifyUrl: `http://127.0.0.1:${receiver}`,
      gotifyClientToken: /client token (\S+)/.exec(await compose('logs', 'lab'))?.[1] ?? '',
      compose,
      stop,
    };
  } catch (err) {
    await stop();
    throw err;
  }
}

/** Ports that nobody listens on now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  return servers.map((server) => {
    const address = server.address();
    server.close();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
}
