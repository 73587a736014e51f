import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';

const StoredToken = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.array(z.string()),
  /** Hex. */
  salt: z.string(),
  /** Hex of SHA-256 over salt and secret. The secret has 256 random bits, so a slow hash would add nothing. */
  hash: z.string(),
  created: z.iso.datetime(),
});
/** One token as the file keeps it: never the secret. */
export type StoredToken = z.infer<typeof StoredToken>;
const TokenFile = z.object({ version: z.literal(1), tokens: z.array(StoredToken).max(1_000) });
const LastUsed = z.record(z.string(), z.iso.datetime());

/** The token file cannot be used as it is. */
export class TokenFileError extends Error {
  override readonly name = 'TokenFileError';
}

/** Reads the tokens; a file that does not exist has none. @throws {TokenFileError} it is not ours. */
export async function readTokenFile(path: string): Promise<StoredToken[]> {
  const text = await readIfThere(path);
  if (text === undefined) return [];
  try {
    return TokenFile.parse(JSON.parse(text)).tokens;
  } catch (cause) {
    throw new TokenFileError(`reading tokens from ${path}: not a token file`, { cause });
  }
}

/** Changes the tokens under a lock, so that two processes that write at once lose nothing. */
export async function changeTokenFile<R>(
  path: string,
  change: (tokens: StoredToken[]) => { tokens: StoredToken[]; result: R },
): Promise<R> {
  await mkdir(dirname(path), { recursive: true });
  const unlock = await lock(`${path}.lock`);
  try {
    const { tokens, result } = change(await readTokenFile(path));
    await replaceFile(path, `${JSON.stringify({ version: 1, tokens }, null, 2)}\n`);
    return result;
  } finally {
    await unlock();
  }
}

/**
 * When each token was last used, by id. Kept beside the token file and written by the gateway alone, so that it never
 * races with a token being made.
 */
export async function readLastUsed(path: string): Promise<Record<string, string>> {
  const text = await readIfThere(`${path}.last-used`);
  if (text === undefined) return {};
  try {
    return LastUsed.parse(JSON.parse(text));
  } catch {
    // Only a convenience for people: a damaged one starts anew.
    return {};
  }
}

/** Replaces the last uses. */
export async function writeLastUsed(path: string, used: Readonly<Record<string, string>>): Promise<void> {
  await replaceFile(`${path}.last-used`, `${JSON.stringify(used)}\n`);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  await writeFile(temporary, text, { mode: 0o600 });
  await rename(temporary, path);
}

const LOCK_STALE_MS = 10_000;

async function lock(path: string): Promise<() => Promise<void>> {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      await (await open(path, 'wx', 0o600)).close();
      return () => rm(path, { force: true });
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
      const age = await stat(path).then(
        (info) => Date.now() - info.mtimeMs,
        () => 0,
      );
      // A process that was killed while it held the lock must not lock everyone out for good.
      if (age > LOCK_STALE_MS) await rm(path, { force: true });
      else await delay(20);
    }
  }
  throw new TokenFileError(`waiting for ${path}: another process holds it`);
}

function isCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
