import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastLine, runCommand, type AcceptancePoint } from '@proxmox-mcp/acceptance-runner';

/** `npm ci && npm test` on a fresh clone of what is committed. */
export const point: AcceptancePoint = {
  async accept() {
    const folder = await mkdtemp(join(tmpdir(), 'fresh-clone-'));
    try {
      const clone = await runCommand('git', ['clone', '-q', process.cwd(), folder]);
      if (clone.code !== 0) return { status: 'fail', figure: lastLine(clone.output) };
      const install = await runCommand('npm', ['ci'], { cwd: folder });
      if (install.code !== 0) return { status: 'fail', figure: `npm ci: ${lastLine(install.output)}` };
      const test = await runCommand('npm', ['test'], { cwd: folder });
      const line = lastLine(test.output);
      if (test.code !== 0) return { status: 'fail', figure: line };
      return { status: / skipped$/.test(line) ? 'skip' : 'pass', figure: line };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
