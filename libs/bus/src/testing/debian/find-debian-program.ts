import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchDebianPackage } from './fetch-debian-package.ts';

/** A program that tests run beside them. */
export interface PeerProgram {
  readonly path: string;
  readonly version: string;
}

/** Why there is no program. */
export interface NoPeerProgram {
  readonly reason: string;
}

export interface WantedProgram {
  /** Of the program and of its Debian package. */
  readonly name: string;
  /** For people, with the oldest version that will do: `nats-server ≥ 2.10`. */
  readonly what: string;
  /** Variable that names another one. */
  readonly variable: string;
  /** Path inside the package. */
  readonly packaged: string;
  /** The version of the program at a path; `undefined` or a rejection when it is too old, or does not run here. */
  readonly versionAt: (path: string) => Promise<string | undefined>;
}

const CACHE = fileURLToPath(new URL('../../../../../.cache/', import.meta.url));

/**
 * Finds a program: the one that the variable names, one on PATH, the one in `.cache/<name>` of the repository; else fetches
 * Debian's into that cache, which takes half a minute once.
 *
 * @returns the program, or the reason why none can be had.
 */
export async function findDebianProgram(
  wanted: WantedProgram,
  env: NodeJS.ProcessEnv,
): Promise<PeerProgram | NoPeerProgram> {
  const { name, what, variable } = wanted;
  const named = env[variable];
  if (named !== undefined && named !== '') {
    return (await programAt(named, wanted)) ?? { reason: `${variable} names ${named}, which is no ${what}` };
  }
  const cache = join(CACHE, name);
  const onPath = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const cached = join(cache, 'unpacked', wanted.packaged);
  for (const path of [...onPath.map((folder) => join(folder, name)), cached]) {
    const program = await programAt(path, wanted);
    if (program !== undefined) return program;
  }
  try {
    await fetchDebianPackage(name, cache);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { reason: `no ${what}: none in ${variable} or on PATH, and ${why}` };
  }
  return (await programAt(cached, wanted)) ?? { reason: `the fetched ${cached} does not run here` };
}

async function programAt(path: string, { versionAt }: WantedProgram): Promise<PeerProgram | undefined> {
  try {
    await access(path, constants.X_OK);
    const version = await versionAt(path);
    return version === undefined ? undefined : { path, version };
  } catch {
    return undefined; // not there, not executable, for another machine: all mean "not this one"
  }
}
