import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Command } from '../command.ts';

/** Everything in one process. */
export const up: Command = {
  name: 'up',
  usage: '[--services LIST] [--demo]',
  summary: 'runs the product in one process; without Proxmox hosts configured, against a pretend lab',
  async run({ args, env, signal }) {
    const { values } = parseArgs({
      args: [...args],
      options: { services: { type: 'string' }, demo: { type: 'boolean' } },
    });
    // The product is an app of its own; beside this one in the bundle, two folders up in a checkout.
    const here = import.meta.url;
    const main = here.endsWith('.ts') ? '../../../all-in-one/src/main.ts' : './all-in-one.mjs';
    const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(new URL(main, here))], {
      stdio: 'inherit',
      env: {
        ...env,
        ...(values.services === undefined ? {} : { SERVICES: values.services }),
        ...(values.demo === true ? { DEMO: '1' } : {}),
      },
    });
    // From a terminal Ctrl-C reaches the child by itself; told twice it still stops once.
    signal.addEventListener('abort', () => child.kill('SIGTERM'));
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => resolve(code ?? 1));
    });
  },
};
