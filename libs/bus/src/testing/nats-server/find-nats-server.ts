import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { isSupported } from '../../nats/server-version.ts';
import { findDebianProgram, type NoPeerProgram, type PeerProgram } from '../debian/find-debian-program.ts';

const run = promisify(execFile);

/** A `nats-server` program that the bus supports. */
export type NatsServerProgram = PeerProgram;

/** Why there is no program. */
export type NoNatsServer = NoPeerProgram;

/** Finds a `nats-server` of at least 2.10 (bookworm's own 2.9 is too old), or fetches one. */
export function findNatsServer(env: NodeJS.ProcessEnv): Promise<NatsServerProgram | NoNatsServer> {
  return findDebianProgram(
    {
      name: 'nats-server',
      what: 'nats-server ≥ 2.10',
      variable: 'NATS_SERVER',
      packaged: 'usr/sbin/nats-server',
      async versionAt(path) {
        const { stdout } = await run(path, ['--version'], { timeout: 10_000 });
        const version = /v(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
        return version !== undefined && isSupported(version) ? version : undefined;
      },
    },
    env,
  );
}
