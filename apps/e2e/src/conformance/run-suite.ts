import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** What a suite said. */
export interface SuiteResult {
  /** 0 exactly when every scored scenario passed. */
  readonly exitCode: number | null;
  /** Scenarios by how they ended. */
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  /** Checks. */
  readonly checks: { readonly passed: number; readonly failed: number };
  /** Everything it printed, for a person who looks into a failure. */
  readonly output: string;
}

/** Releases of the official suites, by the name of their package. */
export type Release = '@modelcontextprotocol/conformance' | '@modelcontextprotocol/conformance-next';

/** Runs `conformance server --url … <options>` in an empty folder. */
export async function runSuite(
  release: Release,
  url: string,
  options: readonly string[],
): Promise<SuiteResult> {
  const program = join(
    dirname(createRequire(import.meta.url).resolve(`${release}/package.json`)),
    'dist/index.js',
  );
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
  try {
    const child = spawn(process.execPath, [program, 'server', '--url', url, ...options], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 120_000,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream
        .setEncoding('utf8')
        .on('data', (chunk: string) => (output = `${output}${chunk}`.slice(-500_000)));
    }
    // `close` comes after the last output, `exit` may come before it.
    const [exitCode] = (await once(child, 'close')) as [number | null];
    return { exitCode, output, ...readSummary(output) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function readSummary(output: string): Pick<SuiteResult, 'passed' | 'failed' | 'checks'> {
  const summary = output.slice(output.indexOf('=== SUMMARY ==='));
  const named = (mark: string) =>
    [...summary.matchAll(new RegExp(`^${mark} ([a-z0-9-]+): \\d+ passed, \\d+ failed`, 'gm'))].map(
      ([, name = '']) => name,
    );
  const total = /^Total: (\d+) passed, (\d+) failed/m.exec(summary);
  return {
    passed: named('✓'),
    failed: named('✗'),
    checks: { passed: Number(total?.[1] ?? 0), failed: Number(total?.[2] ?? Infinity) },
  };
}
