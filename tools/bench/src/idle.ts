import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { below, plain, print, printMachine } from './figure.ts';
import { cpuSeconds, residentMegabytes } from './process-figures.ts';
import { startProduct } from './product.ts';

/**
 * `node tools/bench/src/idle.ts [seconds]`: the product beside a lab that does nothing, on Linux: time to start, memory and CPU. Once with
 * nothing compiled beforehand, as after a fresh clone, and once as at every later start.
 */
const SECONDS = Number(process.argv[2] ?? 60);
const MAIN = fileURLToPath(new URL('../../../apps/lab/src/main.ts', import.meta.url));
/** After the first polls, whose code is still being compiled. */
const SETTLE_MS = 10_000;

printMachine();
const folder = await mkdtemp(join(tmpdir(), 'proxmox-mcp-idle-'));
const lab = await startLab(join(folder, 'lab.env'));
try {
  for (const start of ['first start', 'later start'] as const) {
    const product = await startProduct({ ...lab.env, NODE_COMPILE_CACHE: join(folder, 'compiled') });
    try {
      const { pid } = product;
      print(below(`${start}: ready`, product.readyMs / 1_000, 's', 3));
      print(plain(`${start}: CPU until ready`, await cpuSeconds(pid), 's'));
      await pause(SETTLE_MS);
      const before = await cpuSeconds(pid);
      await pause(SECONDS * 1_000);
      const used = (await cpuSeconds(pid)) - before;
      print(below(`${start}: RSS after ${SECONDS} s idle`, await residentMegabytes(pid), 'MB', 150));
      print(below(`${start}: CPU over ${SECONDS} s idle`, (100 * used) / SECONDS, '% of a core', 1));
    } finally {
      await product.stop();
    }
  }
} finally {
  await lab.stop();
  await rm(folder, { recursive: true, force: true });
}

interface LabProcess {
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** The lab in a process of its own, playing nothing. */
async function startLab(envFile: string): Promise<LabProcess> {
  const child = spawn(process.execPath, [MAIN], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, LAB_ENV_FILE: envFile, LAB_SCENARIO_DELAY: '86400' },
  });
  // It prints the address of its Gotify last, right before it writes the file.
  let told = '';
  for await (const chunk of child.stdout) {
    told += String(chunk);
    if (told.includes('gotify: ')) break;
  }
  await pause(500);
  const lines = (await readFile(envFile, 'utf8')).split('\n').filter(Boolean);
  return {
    env: Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    ),
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}
