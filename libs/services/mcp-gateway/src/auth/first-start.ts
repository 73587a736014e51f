import type { Authenticator } from './authenticator.ts';
import { createToken } from './tokens.ts';

/** The gateway would be open to anyone, or to no one: a setting is missing. */
export class NoTokenError extends Error {
  override readonly name = 'NoTokenError';
}

/** Whether only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/**
 * Sees to it that somebody can log in. With no token at all, a gateway on loopback makes one named `local` (tier read).
 *
 * @returns the new secret, to be shown once; `undefined` when there were tokens.
 * @throws {NoTokenError} no token, and others than this machine could reach the gateway.
 */
export async function ensureToken(
  authenticator: Authenticator,
  { file, host, now }: { file: string; host: string; now: () => number },
): Promise<string | undefined> {
  if ((await authenticator.open()) > 0) return undefined;
  if (!isLoopback(host)) {
    throw new NoTokenError(
      `GATEWAY_HOST ${host} can be reached from other machines and no token is configured: set GATEWAY_TOKEN (or GATEWAY_TOKEN_FILE), or run "proxmox-mcp token create --name NAME --scope read", or set GATEWAY_HOST=127.0.0.1`,
    );
  }
  const { secret } = await createToken(file, { name: 'local', scopes: ['read'], now });
  return secret;
}
