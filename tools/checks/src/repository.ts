import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the repository. */
export const ROOT = resolve(fileURLToPath(import.meta.url), '../../../..');

/** One project of the workspace. */
export interface Project {
  /** Folder from the root, e.g. `libs/services/state`. */
  readonly path: string;
  readonly name: string;
  readonly type: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

const FOLDERS = ['apps', 'libs', 'libs/services', 'tools'];

/** Every folder with a package.json where the workspace has its projects. */
export function projects(): Project[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .map((name) => `${folder}/${name}`)
      .filter((path) => existsSync(join(ROOT, path, 'package.json')))
      .map(readProject),
  );
}

function readProject(path: string): Project {
  const manifest = JSON.parse(readFileSync(join(ROOT, path, 'package.json'), 'utf8')) as {
    name: string;
    dependencies?: Record<string, string>;
    nx?: { tags?: string[] };
  };
  const type = manifest.nx?.tags?.find((tag) => tag.startsWith('type:'))?.slice('type:'.length) ?? 'none';
  return { path, name: manifest.name, type, dependencies: manifest.dependencies ?? {} };
}

/** A file of the repository as text. */
export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}
