import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What one step came to. */
interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/** `npm test`: type check, lint and every test; ends with `N passed, N failed[, N skipped]`. Extra words go to Jest. */
const jestArguments = process.argv.slice(2);
const total: Tally = { passed: 0, failed: 0, skipped: 0 };

add(await check('type check', ['tsc', '--noEmit', '-p', 'tsconfig.json']));
add(await check('lint', ['nx', 'lint']));
add(await jest());
const skipped = total.skipped === 0 ? '' : `, ${total.skipped} skipped`;
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;

function add(tally: Tally): void {
  total.passed += tally.passed;
  total.failed += tally.failed;
  total.skipped += tally.skipped;
}

async function check(name: string, command: readonly [string, ...string[]]): Promise<Tally> {
  console.log(`\n— ${name}`);
  const [program, ...args] = command;
  const code = await run(join('node_modules', '.bin', program), args);
  return code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
}

async function jest(): Promise<Tally> {
  console.log('\n— tests');
  const folder = mkdtempSync(join(tmpdir(), 'proxmox-mcp-test-'));
  const report = join(folder, 'report.json');
  try {
    const code = await run('npm', [
      'run',
      '-s',
      'jest',
      '--',
      '--json',
      `--outputFile=${report}`,
      ...jestArguments,
    ]);
    const read = readReport(report);
    // A runner that died, or that failed without naming a test, must not read as green.
    if (read === undefined || (code !== 0 && read.failed === 0))
      return { passed: read?.passed ?? 0, failed: 1, skipped: 0 };
    return read;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readReport(file: string): Tally | undefined {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8')) as {
      numPassedTests: number;
      numFailedTests: number;
      numPendingTests: number;
      numTodoTests: number;
      numRuntimeErrorTestSuites: number;
    };
    return {
      passed: report.numPassedTests,
      failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
      skipped: report.numPendingTests + report.numTodoTests,
    };
  } catch {
    return undefined;
  }
}

function run(program: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false', FORCE_COLOR: '0' };
    const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'], env });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
