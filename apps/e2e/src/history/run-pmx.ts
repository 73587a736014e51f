import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../product/one-process.ts';

/** What a command of `pmx` printed, and how it ended. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command to its end. */
export function runPmx(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env['PATH'], ...env }, maxBuffer: 64 << 20 };
    const file = join(ROOT, 'apps/cli/src/main.ts');
    execFile(process.execPath, [file, ...args], options, (err, stdout, stderr) => {
      resolve({ code: err === null ? 0 : Number(err.code), stdout, stderr });
    });
  });
}
