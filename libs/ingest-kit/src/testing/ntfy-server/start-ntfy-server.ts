import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PeerProgram } from '@proxmox-mcp/bus/testing';

const run = promisify(execFile);
const READY_WITHIN_MS = 20_000;

export interface NtfyServerOptions {
  /** Nobody may read or write without the token of a user who may use these topics. */
  readonly onlyWithToken?: readonly string[];
}

/** A real ntfy server with a message cache and attachments, on a port of the system's choice and a folder of its own. */
export interface TestNtfyServer {
  /** Stays the same over restarts. */
  readonly url: string;
  readonly version: string;
  /** Of the user who may use the topics; empty without `onlyWithToken`. */
  readonly token: string;
  /** Ends it with SIGKILL; its files stay. */
  kill(): Promise<void>;
  /** Starts it again on the same port and files, after `kill`. */
  restart(): Promise<void>;
  /** Ends it and deletes its files. Safe twice. */
  stop(): Promise<void>;
}

/** Starts a server and waits until it is ready. @throws {Error} it does not become ready. */
export async function startNtfyServer(
  program: PeerProgram,
  options: NtfyServerOptions = {},
): Promise<TestNtfyServer> {
  const folder = await mkdtemp(join(tmpdir(), 'proxmox-mcp-ntfy-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const config = join(folder, 'server.yml');
  const settings = {
    'base-url': url,
    'listen-http': `127.0.0.1:${port}`,
    'cache-file': join(folder, 'cache.db'),
    'attachment-cache-dir': join(folder, 'attachments'),
    'keepalive-interval': '5s',
    'visitor-request-limit-exempt-hosts': '127.0.0.1',
    ...(options.onlyWithToken === undefined
      ? {}
      : { 'auth-file': join(folder, 'user.db'), 'auth-default-access': 'deny-all' }),
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
  await writeFile(config, lines.join(''));
  let child = await launch(program, config, url);
  // Only now: the server makes the file of its users.
  const token =
    options.onlyWithToken === undefined ? '' : await addUser(program, config, options.onlyWithToken);
  const end = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  return {
    url,
    version: program.version,
    token,
    kill: end,
    async restart() {
      child = await launch(program, config, url);
    },
    async stop() {
      await end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function addUser({ path }: PeerProgram, config: string, topics: readonly string[]): Promise<string> {
  const env = { ...process.env, NTFY_PASSWORD: 'of-a-test' };
  const ntfy = (...args: string[]) =>
    run(path, [args[0] ?? '', '--config', config, ...args.slice(1)], { env });
  await ntfy('user', 'add', 'tester');
  for (const topic of topics) await ntfy('access', 'tester', topic, 'read-write');
  const { stdout, stderr } = await ntfy('token', 'add', 'tester');
  const token = /\btk_[a-z0-9]{20,40}\b/.exec(stdout + stderr)?.[0];
  if (token === undefined) throw new Error('ntfy token add printed no token');
  return token;
}

async function launch(program: PeerProgram, config: string, url: string): Promise<ChildProcess> {
  const child = spawn(program.path, ['serve', '--config', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  // A test run that is stopped in the middle leaves no server behind.
  const killed = () => void child.kill('SIGKILL');
  process.once('exit', killed);
  child.once('exit', () => process.off('exit', killed));
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2_000)));
  const until = Date.now() + READY_WITHIN_MS;
  while (!(await isHealthy(url))) {
    if (child.exitCode !== null || Date.now() > until) {
      child.kill('SIGKILL');
      throw new Error(`${program.path} did not become ready: ${said.slice(-500)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return child;
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/v1/health`);
    return answer.ok && ((await answer.json()) as { healthy?: boolean }).healthy === true;
  } catch {
    return false;
  }
}

/** ntfy cannot say which port it got, so the system is asked before. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A TCP server's address is never a pipe name.
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
