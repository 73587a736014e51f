import { execFileSync } from 'node:child_process';
import { read, ROOT } from './repository.ts';

const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  maxBuffer: 64_000_000,
})
  .toString()
  .split('\0')
  .filter(
    (path) =>
      path !== '' && !/(^|\/)(testcases|recorded|fixtures)\//.test(path) && path !== 'package-lock.json',
  );
const sources = files.filter((path) => path.endsWith('.ts'));

it('there are sources to check', () => expect(sources.length).toBeGreaterThan(100));

it('no file names a folder of the machine it was written on', () => {
  // Spelt in two parts, or this file would find itself.
  const place = new RegExp(`/wo${'rk'}/|sha${'red'}/(design|domain|fixtures|data|examples|tools|hooks)/`);
  expect(
    files.filter((path) => /\.(ts|mjs|md|json|ya?ml|sh)$|Dockerfile$/.test(path) && place.test(read(path))),
  ).toEqual([]);
});

it('no file has grown into a place for everything', () => {
  const long = sources.filter((path) => !path.endsWith('.test.ts') && read(path).split('\n').length > 500);
  expect(long).toEqual([]);
});

it('no folder or file is named for nothing in particular', () => {
  expect(
    sources.filter((path) => /(^|\/)(utils?|helpers?|common|misc|manager)(\/|\.ts$)/.test(path)),
  ).toEqual([]);
});
