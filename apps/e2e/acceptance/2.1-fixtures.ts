import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand, type AcceptancePoint } from '@proxmox-mcp/acceptance-runner';
import { resultDifference } from '@proxmox-mcp/proxmox-events/testing';
import type { NormalizeResult } from '@proxmox-mcp/schemas';

/** Where the recorded inputs of each word of `normalize` stand. */
const FOLDERS: Readonly<Record<string, string>> = {
  email: 'libs/services/ingest-email/testcases',
  webhook: 'libs/services/ingest-webhook/testcases',
  gotify: 'libs/services/ingest-gotify/testcases',
  ntfy: 'libs/services/ingest-ntfy/testcases',
  discord: 'libs/services/ingest-discord/testcases',
  syslog: 'libs/services/ingest-syslog/testcases',
  task: 'libs/proxmox-events/testcases',
  'pbs-task': 'libs/proxmox-events/testcases',
  'task-log': 'libs/proxmox-events/testcases',
  resources: 'libs/proxmox-events/testcases',
  'api-error': 'libs/proxmox-events/testcases',
};
const AT_A_TIME = 3;

interface Case {
  readonly channel: string;
  readonly root: string;
  readonly name: string;
  readonly file: string;
  readonly context: string | undefined;
}

function casesOf(channel: string, root: string): Case[] {
  const folder = join(root, channel);
  const files = readdirSync(folder);
  return files
    .filter((file) => file.endsWith('.expected.json'))
    .map((expected) => {
      const name = expected.slice(0, -'.expected.json'.length);
      const input = ['json', 'log', 'eml']
        .map((end) => `${name}.${end}`)
        .find((file) => files.includes(file));
      if (input === undefined) throw new Error(`${channel}/${name} has no input`);
      const context = files.includes(`${name}.context.json`)
        ? join(folder, `${name}.context.json`)
        : undefined;
      return { channel, root, name, file: join(folder, input), context };
    });
}

/** What is wrong with what the command line says of a recorded input; empty when nothing is. */
async function faultsOf({ channel, root, name, file, context }: Case): Promise<string[]> {
  const { code, output } = await runCommand(
    process.execPath,
    [
      ...['apps/cli/src/main.ts', 'normalize', channel, file, '--inventory', join(root, 'inventory.json')],
      ...(context === undefined ? [] : ['--context', context]),
    ],
    { env: { ...process.env, NODE_COMPILE_CACHE: 'node_modules/.cache/node-compile' } },
  );
  if (code !== 0) return [`${channel}/${name}: exit ${code}`];
  const expected: unknown = JSON.parse(await readFile(join(root, channel, `${name}.expected.json`), 'utf8'));
  // Printed by our own command.
  return resultDifference(expected, JSON.parse(output) as NormalizeResult).map(
    (fault) => `${channel}/${name} ${fault}`,
  );
}

/** The command line reads every recorded input as expected. */
export const point: AcceptancePoint = {
  async accept() {
    const cases = Object.entries(FOLDERS).flatMap(([channel, root]) => casesOf(channel, root));
    const waiting = [...cases];
    const faults: string[] = [];
    const work = async () => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop())
        faults.push(...(await faultsOf(next)));
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, work));
    const figure = `${cases.length} inputs of ${Object.keys(FOLDERS).length} formats`;
    return faults.length === 0
      ? { status: 'pass', figure: `${figure}, each as expected` }
      : { status: 'fail', figure: `${figure}, ${faults.length} faults: ${faults.slice(0, 3).join('; ')}` };
  },
};
