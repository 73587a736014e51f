import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Verdict } from './point.ts';

/** How a program ended, and what it printed. */
export interface Ended {
  readonly code: number;
  readonly output: string;
}

/** Runs a program to its end; keeps the last 200,000 characters of what it prints. */
export function runCommand(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd ?? process.cwd(),
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const keep = (chunk: Buffer) => void (output = (output + chunk.toString('utf8')).slice(-200_000));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** Runs Jest on some folders and says what it counted; a run in which anything was skipped is a skip, not a pass. */
export async function jestVerdict(...paths: string[]): Promise<Verdict> {
  const folder = await mkdtemp(join(tmpdir(), 'acceptance-'));
  const report = join(folder, 'report.json');
  try {
    const { code, output } = await runCommand('npm', [
      'run',
      '-s',
      'jest',
      '--',
      '--json',
      `--outputFile=${report}`,
      ...paths,
    ]);
    const counted = JSON.parse(await readFile(report, 'utf8').catch(() => '{}')) as Record<string, number>;
    const { numPassedTests: passed = 0, numFailedTests: failed = 0, numPendingTests: skipped = 0 } = counted;
    const figure = `${passed} passed, ${failed} failed, ${skipped} skipped`;
    if (code !== 0 || passed === 0) return { status: 'fail', figure: `${figure} ${lastLine(output)}` };
    return { status: skipped > 0 ? 'skip' : 'pass', figure };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The last line with something on it. */
export function lastLine(output: string): string {
  return output.trim().split('\n').at(-1) ?? '';
}
