import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const SENDER = fileURLToPath(new URL('./syslog-sender.ts', import.meta.url));

export interface Lines {
  readonly transport: 'udp' | 'tcp';
  readonly port: number;
  /** Number of the first line; every line of a run has a number of its own. */
  readonly first: number;
  readonly count: number;
  /** 0: as fast as it goes. */
  readonly perSecond: number;
}

/** Sends lines from a process of their own, so that its CPU is not counted. @returns milliseconds it took. */
export async function sendLines(lines: Lines): Promise<number> {
  const { transport, port, first, count, perSecond } = lines;
  const args = [SENDER, transport, ...[port, first, count, perSecond].map(String)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let told = '';
  child.stdout.on('data', (chunk: Buffer) => (told += chunk.toString()));
  // Of 'close': the exit code, null after a signal.
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the sender ended with ${String(code)}`);
  return Number(told);
}
