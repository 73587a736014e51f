import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('./testing/crash-child.ts', import.meta.url));

interface Outcome {
  readonly events: number;
  readonly incidents: readonly {
    id: string;
    key: string;
    status: string;
    occurrences: number;
    cause?: string;
  }[];
  readonly told: readonly { subject: string; revision: number }[];
  readonly values: number;
}

/** Runs the child; `killAfterMs` after it has started it is killed. @returns what it printed after `started`. */
function run(folder: string, killAfterMs?: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, folder, killAfterMs === undefined ? 'finish' : 'work'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => {
      if (out === '' && killAfterMs !== undefined) setTimeout(() => child.kill('SIGKILL'), killAfterMs);
      out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (code === 0 || signal === 'SIGKILL') resolve(out.replace('started\n', ''));
      else reject(new Error(`the child ended with ${code}: ${err.slice(0, 2_000)}`));
    });
  });
}

describe('state killed with SIGKILL', () => {
  const folders: string[] = [];
  const folder = async () => {
    const made = await mkdtemp(join(tmpdir(), 'proxmox-mcp-crash-'));
    folders.push(made);
    return made;
  };
  afterAll(async () => {
    await Promise.all(folders.map((made) => rm(made, { recursive: true, force: true })));
  });

  it('comes to the same incidents as undisturbed, and tells each of them once', async () => {
    const undisturbed = JSON.parse(await run(await folder())) as Outcome;
    const killed = await folder();
    for (const killAfterMs of [0, 15, 40, 90, 25]) await run(killed, killAfterMs);
    const outcome = JSON.parse(await run(killed)) as Outcome;

    expect(undisturbed.incidents.length).toBeGreaterThan(40);
    const settled = ({ incidents }: Outcome) =>
      incidents
        .map(({ key, status, occurrences, cause }) => ({ key, status, occurrences, cause }))
        .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    expect(settled(outcome)).toEqual(settled(undisturbed));
    expect(outcome.events).toBe(undisturbed.events);
    expect(outcome.values).toBe(undisturbed.values);
    const opened = outcome.told
      .map(({ subject }) => subject)
      .filter((subject) => subject.endsWith('.opened'));
    expect(new Set(opened).size).toBe(opened.length);
    expect(opened.length).toBe(outcome.incidents.length);
    const revisions = outcome.told.map(({ subject, revision }) => `${subject.split('.')[1]}/${revision}`);
    expect(new Set(revisions).size).toBe(revisions.length);
  }, 120_000);
});
