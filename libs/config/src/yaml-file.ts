import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type * as z from 'zod';
import type { SettingFault } from './faults.ts';

/**
 * Reads a YAML file of the config folder; an absent one is read as `{}`.
 *
 * @param faults takes every fault with the file and the path inside it.
 * @returns what the schema makes of it; of a file with faults what it makes of `{}`, which it must accept.
 */
export function readYamlFile<S extends z.ZodType>(
  file: string,
  schema: S,
  faults: SettingFault[],
): z.infer<S> {
  const empty = schema.parse({});
  if (!existsSync(file)) return empty;
  let content: unknown;
  try {
    content = parse(readFileSync(file, 'utf8'), { maxAliasCount: 100 }) ?? {};
  } catch (err) {
    const message = err instanceof Error ? (err.message.split('\n')[0] ?? 'not YAML') : 'not YAML';
    faults.push({ key: file, message });
    return empty;
  }
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues)
    faults.push({ key: `${file}: ${issue.path.join('.')}`, message: issue.message });
  return empty;
}
