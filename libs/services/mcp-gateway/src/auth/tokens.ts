import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { TIERS } from './grants.ts';
import {
  changeTokenFile,
  readLastUsed,
  readTokenFile,
  TokenFileError,
  type StoredToken,
} from './token-file.ts';

/** A token as people see it in a list: everything but the secret. */
export interface TokenInfo {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly created: string;
  /** `undefined`: never used, or used in the last minute for the first time. */
  readonly lastUsed: string | undefined;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$/;

/**
 * Makes a token and stores its salted hash. A running gateway accepts it from its next request on.
 *
 * @param file path of the token file (`GATEWAY_TOKENS_FILE`, or `tokens.json` in the data directory).
 * @param scopes tiers the token may use: `read`, `operate`, `change`, `destroy`; the highest counts.
 * @returns the secret, which cannot be read again.
 * @throws {TokenFileError} the name is taken or not well formed, a scope is unknown, or the file is not ours.
 */
export async function createToken(
  file: string,
  { name, scopes, now = Date.now }: { name: string; scopes: readonly string[]; now?: () => number },
): Promise<{ secret: string; info: TokenInfo }> {
  if (!NAME.test(name))
    throw new TokenFileError('a token name has 1 to 64 letters, digits, ".", "_", "@" or "-"');
  // TIERS is a tuple of words; a scope is any word from outside.
  const unknown = scopes.filter((scope) => !(TIERS as readonly string[]).includes(scope));
  if (unknown.length > 0 || scopes.length === 0) {
    throw new TokenFileError(
      `token scopes must be of ${TIERS.join(', ')}${unknown.length > 0 ? `, not ${unknown.join(', ')}` : ''}`,
    );
  }
  const id = randomBytes(6).toString('hex');
  const secret = `pmx_${id}_${randomBytes(32).toString('base64url')}`;
  const salt = randomBytes(16).toString('hex');
  const stored: StoredToken = {
    id,
    name,
    scopes: [...scopes],
    salt,
    hash: hashSecret(salt, secret).toString('hex'),
    created: new Date(now()).toISOString(),
  };
  await changeTokenFile(file, (tokens) => {
    if (tokens.some((token) => token.name === name))
      throw new TokenFileError(`a token named ${name} exists already`);
    return { tokens: [...tokens, stored], result: undefined };
  });
  return { secret, info: describe(stored, undefined) };
}

/** All tokens, oldest first. */
export async function listTokens(file: string): Promise<TokenInfo[]> {
  const used = await readLastUsed(file);
  return (await readTokenFile(file)).map((token) => describe(token, used[token.id]));
}

/** Removes a token by name or id; a running gateway refuses it from its next request on. @returns whether there was one. */
export async function revokeToken(file: string, nameOrId: string): Promise<boolean> {
  return changeTokenFile(file, (tokens) => {
    const left = tokens.filter((token) => token.name !== nameOrId && token.id !== nameOrId);
    return { tokens: left, result: left.length < tokens.length };
  });
}

/** Whether the secret is the stored token's. Takes the same time whatever the answer. */
export function matchesToken(token: Pick<StoredToken, 'salt' | 'hash'>, secret: string): boolean {
  const wanted = Buffer.from(token.hash, 'hex');
  const given = hashSecret(token.salt, secret);
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}

/** SHA-256 over salt and secret. */
export function hashSecret(salt: string, secret: string): Buffer {
  return createHash('sha256').update(salt).update('\0').update(secret).digest();
}

function describe(token: StoredToken, lastUsed: string | undefined): TokenInfo {
  return { id: token.id, name: token.name, scopes: token.scopes, created: token.created, lastUsed };
}
