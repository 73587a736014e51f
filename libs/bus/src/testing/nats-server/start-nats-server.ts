import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NatsServerProgram } from './find-nats-server.ts';

const READY_WITHIN_MS = 20_000;

/** A real server with JetStream, on a port of the system's choice and a folder of its own. */
export interface TestNatsServer {
  /** `nats://127.0.0.1:…`; stays the same over restarts. */
  readonly url: string;
  readonly version: string;
  /** Ends it with SIGKILL; its files stay. */
  kill(): Promise<void>;
  /** Starts it again on the same port and files, after `kill`. */
  restart(): Promise<void>;
  /** Stops answering (SIGSTOP) without closing a connection, as a lost network does. */
  pause(): void;
  resume(): void;
  /** Ends it and deletes its files. Safe twice. */
  stop(): Promise<void>;
}

/** Starts a server and waits until it is ready. One per test file. @throws {Error} it does not become ready. */
export async function startNatsServer(
  program: NatsServerProgram,
  options: { readonly port?: number } = {},
): Promise<TestNatsServer> {
  const folder = await mkdtemp(join(tmpdir(), 'proxmox-mcp-nats-'));
  let { child, port } = await launch(program, folder, options.port);
  const end = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  return {
    url: `nats://127.0.0.1:${port}`,
    version: program.version,
    kill: end,
    async restart() {
      ({ child, port } = await launch(program, folder, port));
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    async stop() {
      await end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function launch(
  program: NatsServerProgram,
  folder: string,
  port: number | undefined,
): Promise<{ child: ChildProcess; port: number }> {
  const args = ['-a', '127.0.0.1', '-p', String(port ?? -1), '-js', '-sd', folder];
  const child = spawn(program.path, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  // A test run that is stopped in the middle leaves no server behind.
  const killed = () => void child.kill('SIGKILL');
  process.once('exit', killed);
  child.once('exit', () => process.off('exit', killed));
  const said = await new Promise<string>((resolve, reject) => {
    let text = '';
    const timer = setTimeout(
      () => reject(new Error(`${program.path} was not ready in time: ${text.slice(-500)}`)),
      READY_WITHIN_MS,
    );
    child.once('error', reject);
    child.once('exit', () => {
      clearTimeout(timer);
      reject(new Error(`${program.path} ended at once: ${text.slice(-500)}`));
    });
    const read = (chunk: Buffer) => {
      text += chunk.toString();
      if (!text.includes('Server is ready')) return;
      clearTimeout(timer);
      child.stderr?.off('data', read);
      child.stderr?.resume();
      resolve(text);
    };
    child.stderr?.on('data', read);
  });
  const listening = /Listening for client connections on 127\.0\.0\.1:(\d+)/.exec(said)?.[1];
  if (listening === undefined) throw new Error(`${program.path} did not say its port`);
  return { child, port: Number(listening) };
}
