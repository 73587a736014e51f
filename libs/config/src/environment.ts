import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type { SettingFault } from './faults.ts';

/** Variables by name; an empty or absent one is unset. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The variables of the process on top of those of an env file.
 *
 * @param file read when it exists; by default what ENV_FILE names, else `.env` in the working directory.
 */
export function readEnvironment(env: Environment, file = env['ENV_FILE'] || '.env'): Environment {
  const fromFile = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
  return { ...fromFile, ...Object.fromEntries(Object.entries(env).filter(([, value]) => value !== '')) };
}

/**
 * Value of a key, or the content of the file its `<key>_FILE` names (Docker secrets). Only called for keys that some schema
 * has: expanding every `*_FILE` would read other programs' variables.
 */
export function valueOf(env: Environment, key: string, faults: SettingFault[]): string | undefined {
  const direct = env[key];
  const file = env[`${key}_FILE`];
  if (file === undefined || file === '') return direct === '' ? undefined : direct;
  if (direct !== undefined && direct !== '') {
    faults.push({ key, message: `set both as ${key} and as ${key}_FILE; keep one` });
    return undefined;
  }
  try {
    const content = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    if (content !== '') return content;
    faults.push({ key: `${key}_FILE`, message: 'the file is empty' });
  } catch (err) {
    const code = (err as NodeJS.ErrnoException).code ?? 'unreadable';
    faults.push({ key: `${key}_FILE`, message: `the file cannot be read (${code})` });
  }
  return undefined;
}
