import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { UsageError, type Command } from '../command.ts';

/**
 * What an idle product holds (docs/benchmarks). Node keeps up to 48 MB ready for young objects: 6 MB are 40 MB less in all, for a
 * tenth of the rate of a syslog flood. The only WebAssembly is what strips types at the first start and what reads HTTP: to
 * optimise it costs 10 MB.
 */
const HEAP_FLAGS = ['--max-semi-space-size=2', '--liftoff-only'];

/** Where a checkout keeps compiled code between starts: stripping types takes a second and 25 MB that never come back. */
const CACHE = '../../../../node_modules/.cache/node-compile';

/** Everything in one process. */
export const up: Command = {
  name: 'up',
  usage: '[--services LIST] [--demo]',
  summary: 'runs the product in one process; without Proxmox hosts configured, against a pretend lab',
  async run({ args: words, env }) {
    const { values } = parseArgs({
      args: [...words],
      options: { services: { type: 'string' }, demo: { type: 'boolean' } },
    });
    // The product is an app of its own; beside this one in the bundle, two folders up in a checkout.
    const here = import.meta.url;
    const main = here.endsWith('.ts') ? '../../../all-in-one/src/main.ts' : './all-in-one.mjs';
    const args = [...HEAP_FLAGS, ...process.execArgv, fileURLToPath(new URL(main, here))];
    const variables = {
      ...(here.endsWith('.ts') ? { NODE_COMPILE_CACHE: fileURLToPath(new URL(CACHE, here)) } : {}),
      ...env,
      ...(values.services === undefined ? {} : { SERVICES: values.services }),
      ...(values.demo === true ? { DEMO: '1' } : {}),
    };
    // This process becomes the product: one to see, to signal and to kill, and nothing held beside it.
    if (process.execve === undefined)
      throw new UsageError('this system cannot replace a process: run all-in-one directly');
    return process.execve(process.execPath, [process.execPath, ...args], definedOnly(variables));
  },
};

function definedOnly(variables: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
