import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../product/one-process.ts';

/** A recorded input to begin a mutation with. */
export interface Seed {
  readonly raw: Buffer;
  readonly context?: Readonly<Record<string, unknown>>;
}

/** Larger recordings would make every mutation a copy of megabytes; each has small siblings of the same format. */
const MAX_SEED_BYTES = 64 * 1024;

/** The recorded inputs of a folder of test cases, with what the adapter knew of each. */
export function seedsOf(folder: string): Seed[] {
  const path = join(ROOT, folder);
  const files = readdirSync(path).sort();
  return files
    .filter((file) => /\.(json|log|eml)$/.test(file) && !/\.(expected|context)\.json$/.test(file))
    .flatMap((file) => {
      const raw = readFileSync(join(path, file));
      if (raw.length > MAX_SEED_BYTES) return [];
      const context = file.replace(/\.(json|log|eml)$/, '.context.json');
      if (!files.includes(context)) return [{ raw }];
      // Context files are ours and always objects.
      return [
        { raw, context: JSON.parse(readFileSync(join(path, context), 'utf8')) as Record<string, unknown> },
      ];
    });
}
