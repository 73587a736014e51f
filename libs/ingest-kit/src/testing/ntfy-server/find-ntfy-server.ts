import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findDebianProgram, type NoPeerProgram, type PeerProgram } from '@proxmox-mcp/bus/testing';

const run = promisify(execFile);

/** Finds an `ntfy` that can serve, or fetches Debian's. It needs the machine's SQLite library (`tools/peers/ntfy.sh`). */
export function findNtfyServer(env: NodeJS.ProcessEnv): Promise<PeerProgram | NoPeerProgram> {
  return findDebianProgram(
    {
      name: 'ntfy',
      what: 'ntfy server ≥ 2.0',
      variable: 'NTFY_SERVER',
      packaged: 'usr/bin/ntfy',
      async versionAt(path) {
        const { stdout } = await run(path, ['--help'], { timeout: 10_000 });
        // Builds for other systems are clients only.
        return /^\s+serve\b/m.test(stdout) ? /^ntfy (\d+\.\d+\.\d+)/m.exec(stdout)?.[1] : undefined;
      },
    },
    env,
  );
}
