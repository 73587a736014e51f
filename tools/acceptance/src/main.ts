import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AcceptancePoint, Verdict } from './point.ts';

/** `npm run -s acceptance [-- PART[.POINT]] [--long]`: one line per point; exit 0 only if none failed. */
const words = process.argv.slice(2);
const long = words.includes('--long');
const wanted = words.find((word) => /^\d+(\.\d+)?$/.test(word));
const folder = resolve('apps/e2e/acceptance');

const points = readdirSync(folder)
  .map((file) => ({ file, id: /^(\d+\.\d+)-.*\.ts$/.exec(file)?.[1] }))
  .filter((point): point is { file: string; id: string } => point.id !== undefined)
  .filter(({ id }) => wanted === undefined || id === wanted || id.startsWith(`${wanted}.`))
  .sort((a, b) => a.id.localeCompare(b.id, undefined, { numeric: true }));

let failed = points.length === 0;
if (failed) console.log(`no acceptance point ${wanted ?? ''}`.trim());
for (const { file, id } of points) {
  const verdict = await judge(resolve(folder, file));
  console.log(`${id} ${verdict.status} ${verdict.figure}`);
  failed ||= verdict.status === 'fail';
}
process.exitCode = failed ? 1 : 0;

async function judge(file: string): Promise<Verdict> {
  try {
    const { point } = (await import(pathToFileURL(file).href)) as { point: AcceptancePoint };
    if (point.long === true && !long) return { status: 'skip', figure: 'takes long: run with --long' };
    return await point.accept();
  } catch (err) {
    return { status: 'fail', figure: err instanceof Error ? err.message : String(err) };
  }
}
