import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Inventory } from '@proxmox-mcp/schemas';

/** One raw input with what is expected of it. */
export interface TestCase {
  readonly name: string;
  readonly raw: Buffer;
  readonly expected: unknown;
  readonly context?: Record<string, unknown>;
}

const ROOT = fileURLToPath(new URL('../../testcases', import.meta.url));

/**
 * The cases of one folder: `<case>.<json|log|eml>` with `<case>.expected.json` and, where it exists, `<case>.context.json`.
 *
 * @param channel folder name below `root`, e.g. `task-log`.
 * @throws {Error} an expectation without its raw input, as when the input was ignored by git.
 */
export function loadTestCases(channel: string, root: string = ROOT): TestCase[] {
  const folder = join(root, channel);
  const files = readdirSync(folder).sort();
  const names = files
    .filter((f) => f.endsWith('.expected.json'))
    .map((f) => f.slice(0, -'.expected.json'.length));
  return names.map((name) => {
    const file = ['json', 'log', 'eml'].map((end) => `${name}.${end}`).find((f) => files.includes(f));
    // An input that was never committed must not shrink the suite.
    if (file === undefined) throw new Error(`${channel}/${name} has an expectation and no input`);
    const contextFile = `${name}.context.json`;
    return {
      name,
      raw: readFileSync(join(folder, file)),
      expected: readJson(join(folder, `${name}.expected.json`)),
      // Context files are ours and always objects.
      ...(files.includes(contextFile) && {
        context: readJson(join(folder, contextFile)) as Record<string, unknown>,
      }),
    };
  });
}

/** The operator's configuration that the cases assume. */
export function loadTestInventory(root: string = ROOT): Inventory {
  return Inventory.parse(readJson(join(root, 'inventory.json')));
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}
