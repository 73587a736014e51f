import { execFileSync } from 'node:child_process';
import { builtinModules } from 'node:module';
import { projects, read, ROOT } from './repository.ts';

const root = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> };
const sources = execFileSync(
  'git',
  ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '*.ts'],
  {
    cwd: ROOT,
    maxBuffer: 16_000_000,
  },
)
  .toString()
  .split('\0')
  .filter((path) => path !== '');

/** Packages that a file's import and export statements name, and its dynamic imports. */
function importsOf(path: string): string[] {
  const text = read(path);
  const found = [
    ...text.matchAll(/^(?:import|export)\b[^'";]*\bfrom '([^'.][^']*)'/gm),
    ...text.matchAll(/^import '([^'.][^']*)'/gm),
    ...text.matchAll(/\bimport\('([^'.][^']*)'\)/g),
  ];
  return found
    .map(([, name = '']) =>
      name.startsWith('@') ? name.split('/').slice(0, 2).join('/') : (name.split('/')[0] ?? ''),
    )
    .filter((name) => !name.startsWith('node:') && !builtinModules.includes(name));
}

const isTest = (path: string) => /\.test\.ts$|\.bench\.ts$|\/testing\//.test(path);

describe.each(projects())('$path', ({ path, name, dependencies }) => {
  const files = sources.filter(
    (file) => file.startsWith(`${path}/`) && !(path === 'libs' && file.startsWith('libs/services/')),
  );
  const imported = new Set(files.filter((file) => !isTest(file)).flatMap(importsOf));
  const inTests = new Set(files.filter(isTest).flatMap(importsOf));

  it('declares every package it imports', () => {
    const missing = [...imported].filter((used) => dependencies[used] === undefined && used !== name);
    expect(missing).toEqual([]);
    const undeclared = [...inTests].filter(
      (used) => dependencies[used] === undefined && root.devDependencies[used] === undefined && used !== name,
    );
    expect(undeclared).toEqual([]);
  });

  it('imports every package it declares', () => {
    expect(
      Object.keys(dependencies).filter((declared) => !imported.has(declared) && !inTests.has(declared)),
    ).toEqual([]);
  });
});
