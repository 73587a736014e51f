import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
// Trixie's programs need libc 2.34, so that they run on bookworm as they are.
const SUITE = 'trixie';

/**
 * Downloads a package of Debian trixie with the machine's own mirror and unpacks it to `<cache>/unpacked`, without touching the
 * machine's packages. Several processes may do so at once: the last one in leaves what the first put there.
 *
 * @throws {Error} no apt here, or no mirror answers.
 */
export async function fetchDebianPackage(name: string, cache: string): Promise<void> {
  const mirror = await debianMirror();
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, 'fetch-'));
  try {
    const apt = join(work, 'apt');
    for (const folder of ['lists/partial', 'cache/archives/partial', 'parts']) {
      await mkdir(join(apt, folder), { recursive: true });
    }
    await writeFile(join(apt, 'sources.list'), `deb ${mirror} ${SUITE} main\n`);
    const options = [
      `Dir::Etc::SourceList=${apt}/sources.list`,
      `Dir::Etc::SourceParts=${apt}/parts`,
      `Dir::State::Lists=${apt}/lists`,
      `Dir::Cache=${apt}/cache`,
      'APT::Sandbox::User=root',
      // Only the list of packages: no translations, no contents.
      'Acquire::Languages=none',
    ].flatMap((option) => ['-o', option]);
    await aptGet([...options, '-qq', 'update'], work);
    await aptGet([...options, '-qq', 'download', name], work);
    const archive = (await readdir(work)).find((file) => file.endsWith('.deb'));
    if (archive === undefined)
      throw new Error(`fetching ${name} from ${mirror}: apt-get download brought nothing`);
    await run('dpkg', ['-x', archive, 'unpacked'], { cwd: work });
    await rename(join(work, 'unpacked'), join(cache, 'unpacked')).catch((error: unknown) => {
      if (!isThereAlready(error)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function debianMirror(): Promise<string> {
  try {
    const { stdout } = await run('apt-get', [
      'indextargets',
      '--format',
      '$(REPO_URI) $(CODENAME) $(COMPONENT)',
    ]);
    const lines = stdout.split('\n').map((line) => line.split(' '));
    const uri = lines.find(
      ([, codename, component]) => component === 'main' && !codename?.includes('-'),
    )?.[0];
    if (uri !== undefined && uri !== '') return uri;
  } catch (cause) {
    throw new Error('this machine has no apt to fetch one', { cause });
  }
  throw new Error('apt knows no mirror to fetch one');
}

async function aptGet(args: readonly string[], cwd: string): Promise<void> {
  try {
    await run('apt-get', args, { cwd, timeout: 180_000 });
  } catch (cause) {
    throw new Error(`fetching Debian's failed (apt-get ${args.at(-1)})`, { cause });
  }
}

function isThereAlready(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return code === 'ENOTEMPTY' || code === 'EEXIST';
}
