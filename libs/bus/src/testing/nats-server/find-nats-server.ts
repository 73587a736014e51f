import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isSupported } from '../../nats/server-version.ts';
import { fetchNatsServer } from './fetch-nats-server.ts';

const run = promisify(execFile);

/** A `nats-server` program that the bus supports. */
export interface NatsServerProgram {
  readonly path: string;
  readonly version: string;
}

/** Why there is no program. */
export interface NoNatsServer {
  readonly reason: string;
}

/** `.cache/nats-server` of the repository. */
export const CACHE_FOLDER = fileURLToPath(new URL('../../../../../.cache/nats-server', import.meta.url));

/**
 * Finds a `nats-server` of at least 2.10: the one `NATS_SERVER` names, one on PATH, the cached one; else fetches one into
 * the cache, which takes half a minute once.
 *
 * @returns the program, or the reason why none can be had.
 */
export async function findNatsServer(env: NodeJS.ProcessEnv): Promise<NatsServerProgram | NoNatsServer> {
  const named = env['NATS_SERVER'];
  if (named !== undefined && named !== '') {
    return (
      (await programAt(named)) ?? { reason: `NATS_SERVER names ${named}, which is no nats-server ≥ 2.10` }
    );
  }
  const onPath = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const cached = join(CACHE_FOLDER, 'unpacked', 'usr', 'sbin', 'nats-server');
  for (const path of [...onPath.map((folder) => join(folder, 'nats-server')), cached]) {
    const program = await programAt(path);
    if (program !== undefined) return program;
  }
  try {
    await fetchNatsServer(CACHE_FOLDER);
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
  return (await programAt(cached)) ?? { reason: `the fetched ${cached} does not run here` };
}

async function programAt(path: string): Promise<NatsServerProgram | undefined> {
  try {
    await access(path, constants.X_OK);
    const { stdout } = await run(path, ['--version'], { timeout: 10_000 });
    const version = /v(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
    return version !== undefined && isSupported(version) ? { path, version } : undefined;
  } catch {
    return undefined; // not there, not executable, for another machine: all mean "not this one"
  }
}
