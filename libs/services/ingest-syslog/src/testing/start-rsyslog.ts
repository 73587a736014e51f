import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RsyslogProgram } from './find-rsyslog.ts';

const run = promisify(execFile);
/** Debian's `nobody`. */
const NOBODY = 65_534;
const READY_WITHIN_MS = 10_000;

/** A real rsyslogd with a configuration of its own, in a folder of its own. */
export interface Rsyslog {
  readonly pid: number;
  readonly folder: string;
  /**
   * Writes lines into one of its log sockets, as programs of the host do.
   *
   * @param options.tag program; `options.priority` as logger(1) takes it: `daemon.err`.
   */
  log(
    socket: string,
    lines: readonly string[],
    options: { readonly tag: string; readonly pid: number; readonly priority: string },
  ): Promise<void>;
  stop(): Promise<void>;
}

export interface StartRsyslogOptions {
  /** What stands in its configuration; a relative path is one of the folder. */
  readonly config: (folder: string) => readonly string[];
  /** More files of the folder, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** Paths in the folder that are there once it is ready. */
  readonly ready: readonly string[];
  /** Zone of its clock. */
  readonly timeZone?: string;
}

/** Starts it, as `nobody` where we are root. @throws {Error} with what it says of its configuration. */
export async function startRsyslog(program: RsyslogProgram, options: StartRsyslogOptions): Promise<Rsyslog> {
  const folder = await mkdtemp(join(tmpdir(), 'proxmox-mcp-rsyslog-'));
  const files = { ...options.files, 'rsyslog.conf': `${options.config(folder).join('\n')}\n` };
  const isRoot = process.getuid?.() === 0;
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, name), text);
    if (isRoot) await chown(join(folder, name), NOBODY, NOBODY);
  }
  if (isRoot) await chown(folder, NOBODY, NOBODY);
  const args = ['-n', '-f', join(folder, 'rsyslog.conf'), '-i', join(folder, 'pid')];
  const child = spawn(program.rsyslogd, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'], TZ: options.timeZone ?? 'UTC' },
    ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  };
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!options.ready.every((name) => existsSync(join(folder, name)))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error(`rsyslogd did not start: ${said.slice(0, 2_000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return {
    pid: child.pid ?? 0,
    folder,
    async log(socket, lines, { tag, pid, priority }) {
      const args = ['-u', join(folder, socket), '-t', tag, `--id=${pid}`, '-p', priority];
      const logging = run(program.logger, args);
      logging.child.stdin?.end(`${lines.join('\n')}\n`);
      await logging;
    },
    stop,
  };
}
