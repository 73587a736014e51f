import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { ROOT } from '@proxmox-mcp/checks';

/** What a command came to. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs lines of a page as a reader would paste them into a shell, with these variables and no others of ours. */
export interface Shell {
  run(lines: string, env?: Readonly<Record<string, string>>): Promise<Ran>;
  /** The first line that a command prints which goes on until it is stopped. */
  firstLine(lines: string): Promise<string>;
  /** Ends what still runs. */
  close(): Promise<void>;
}

/** Opens a shell in the root of the repository. */
export function openShell(variables: Readonly<Record<string, string>>): Shell {
  const running = new Set<ChildProcess>();

  function start(lines: string, env: Readonly<Record<string, string>> = {}): ChildProcess {
    const child = spawn('bash', ['-c', lines], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: npm stands between the shell and the program, and all of them have to end.
      detached: true,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...variables, ...env },
    });
    running.add(child);
    child.once('close', () => running.delete(child));
    return child;
  }

  async function end(child: ChildProcess): Promise<void> {
    if (child.pid === undefined || !running.has(child)) return;
    const closed = once(child, 'close');
    process.kill(-child.pid, 'SIGTERM');
    // A stream that nobody reads holds `close` back.
    child.stdout?.resume();
    child.stderr?.resume();
    await closed;
  }

  return {
    async run(lines, env) {
      const child = start(lines, env);
      const text = { stdout: '', stderr: '' };
      child.stdout?.on('data', (chunk: Buffer) => (text.stdout += chunk.toString()));
      child.stderr?.on('data', (chunk: Buffer) => (text.stderr += chunk.toString()));
      const [code] = (await once(child, 'close')) as [number | null];
      return { code, ...text };
    },
    async firstLine(lines) {
      const child = start(lines);
      let complaint = '';
      child.stderr?.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
      try {
        if (child.stdout === null) throw new Error('no output to read');
        for await (const line of createInterface({ input: child.stdout })) return line;
        throw new Error(`ended without a line: ${complaint}`);
      } finally {
        await end(child);
      }
    },
    close: async () => void (await Promise.all([...running].map(end))),
  };
}
