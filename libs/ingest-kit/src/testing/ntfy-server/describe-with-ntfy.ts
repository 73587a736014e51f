import type { PeerProgram } from '@proxmox-mcp/bus/testing';
import { findNtfyServer } from './find-ntfy-server.ts';

/**
 * Declares tests that need a real ntfy server. Await it at the top of a test file. Where none can be had they count as skipped and
 * their name says why; they never count as passed.
 */
export async function describeWithNtfy(what: string, tests: (program: PeerProgram) => void): Promise<void> {
  const found = await findNtfyServer(process.env);
  if ('path' in found) {
    describe(`${what} (ntfy ${found.version})`, () => tests(found));
  } else {
    describe.skip(`${what} (${found.reason})`, () => {
      it('needs an ntfy server', () => {});
    });
  }
}
