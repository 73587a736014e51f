import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { minTier, tierOfScopes, TOOLSETS, type Principal, type Tier, type Toolset } from './grants.ts';
import { readLastUsed, readTokenFile, writeLastUsed, type StoredToken } from './token-file.ts';
import { hashSecret, matchesToken } from './tokens.ts';

const LAST_USED_RESOLUTION_MS = 60_000;
/** Principal of GATEWAY_TOKEN. */
const STATIC_ID = 'gateway-token';
/** Characters from which on a token that a person chose is taken for a random one. */
const UNGUESSABLE_LENGTH = 24;

export interface AuthenticatorOptions {
  readonly file: string;
  /** GATEWAY_TOKEN. */
  readonly staticToken: string | undefined;
  /** GATEWAY_TIER. */
  readonly tier: Tier | undefined;
  /** GATEWAY_TOOLSETS. */
  readonly toolsets: readonly Toolset[] | undefined;
  readonly now: () => number;
}

/** Turns a bearer token into a principal. Follows the token file: what the CLI changes counts at the next request. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #staticSalt = randomBytes(16).toString('hex');
  readonly #staticHash: string | undefined;
  #tokens: ReadonlyMap<string, StoredToken> = new Map();
  #fileStamp = '';
  #used: Record<string, string> = {};
  #writing: Promise<void> = Promise.resolve();

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.#staticHash =
      options.staticToken === undefined
        ? undefined
        : hashSecret(this.#staticSalt, options.staticToken).toString('hex');
  }

  /** Reads the token file. @returns how many tokens can log in, GATEWAY_TOKEN included. */
  async open(): Promise<number> {
    await this.#follow();
    this.#used = await readLastUsed(this.#options.file);
    return this.#tokens.size + (this.#staticHash === undefined ? 0 : 1);
  }

  /** @returns who the token is of; `undefined` when it is nobody's. */
  async authenticate(secret: string): Promise<Principal | undefined> {
    await this.#follow();
    const isStatic = matchesToken({ salt: this.#staticSalt, hash: this.#staticHash ?? '' }, secret);
    if (isStatic) return this.#principal(STATIC_ID, STATIC_ID, this.#options.tier ?? 'read');
    const id = /^pmx_([0-9a-f]{12})_/.exec(secret)?.[1];
    const stored = id === undefined ? undefined : this.#tokens.get(id);
    if (stored === undefined || !matchesToken(stored, secret)) return undefined;
    this.#noteUse(stored.id);
    return this.#principal(stored.id, stored.name, tierOfScopes(stored.scopes) ?? 'read');
  }

  /** Whether somebody could find the principal's token by trying: made ones have 256 random bits. */
  isGuessable(principalId: string): boolean {
    return principalId === STATIC_ID && (this.#options.staticToken ?? '').length < UNGUESSABLE_LENGTH;
  }

  /** Whether a principal's token still exists: long streams ask again. */
  async isCurrent(principalId: string): Promise<boolean> {
    await this.#follow();
    return principalId === STATIC_ID ? this.#staticHash !== undefined : this.#tokens.has(principalId);
  }

  /** Waits for what is being written. */
  async close(): Promise<void> {
    await this.#writing;
  }

  #principal(id: string, name: string, tier: Tier): Principal {
    const ceiling = this.#options.tier;
    return {
      id,
      name,
      tier: ceiling === undefined ? tier : minTier(tier, ceiling),
      toolsets: new Set(this.#options.toolsets ?? TOOLSETS),
    };
  }

  async #follow(): Promise<void> {
    const stamp = await stat(this.#options.file).then(
      (info) => `${info.ino}/${info.mtimeMs}/${info.size}`,
      () => 'none',
    );
    if (stamp === this.#fileStamp) return;
    const tokens = await readTokenFile(this.#options.file);
    this.#tokens = new Map(tokens.map((token) => [token.id, token]));
    this.#fileStamp = stamp;
  }

  #noteUse(id: string): void {
    const now = this.#options.now();
    const last = this.#used[id];
    if (last !== undefined && now - Date.parse(last) < LAST_USED_RESOLUTION_MS) return;
    const all = { ...this.#used, [id]: new Date(now).toISOString() };
    this.#used = Object.fromEntries(Object.entries(all).filter(([key]) => this.#tokens.has(key)));
    // For people only: a full disk must not refuse a login.
    const used = this.#used;
    this.#writing = this.#writing.then(() => writeLastUsed(this.#options.file, used)).catch(() => undefined);
  }
}
