import { SourceFailure, type Trouble } from '@proxmox-mcp/ingest-kit';
import { serverTrouble } from '@proxmox-mcp/proxmox-client';

const SETTINGS = { url: 'NTFY_IN_SERVER_URL', fingerprint: 'NTFY_IN_FINGERPRINT' };

/** No answer came, or it broke off. */
export function noAnswer(error: unknown): SourceFailure {
  return new SourceFailure(serverTrouble(error, SETTINGS), { cause: error });
}

/** An answer came, but not with 200. */
export function refused(status: number, location?: string): SourceFailure {
  return new SourceFailure(troubleOf(status, location));
}

/** An answer with 200 that ntfy would not give. */
export function notNtfy(): SourceFailure {
  return new SourceFailure({
    reason: 'not-json',
    detail: 'the answer is not one of ntfy',
    fix: `point ${SETTINGS.url} at the ntfy server itself, not at a page of a proxy`,
  });
}

/** Not even a keepalive came for so long. */
export function silent(ms: number): SourceFailure {
  return new SourceFailure({
    reason: 'timeout',
    detail: `the server said nothing for ${ms / 1_000} s, not even that it is alive`,
    fix: 'look for a proxy that holds answers back; ntfy wants buffering off',
  });
}

function troubleOf(status: number, location: string | undefined): Trouble {
  if (status === 401) {
    return {
      reason: 'auth',
      detail: 'the server does not know the token (HTTP 401)',
      fix: 'set NTFY_IN_TOKEN to an access token of the server: ntfy token add USER',
    };
  }
  if (status === 403) {
    return {
      reason: 'auth',
      detail: 'reading a topic is not allowed (HTTP 403)',
      fix: 'ntfy access USER TOPIC read-only, for every topic of NTFY_IN_TOPICS, and NTFY_IN_TOKEN of that user',
    };
  }
  if (status === 404) {
    return {
      reason: 'not-found',
      detail: 'there is no ntfy at this address (HTTP 404)',
      fix: `check ${SETTINGS.url}: the address of the server, without a topic`,
    };
  }
  if (status >= 300 && status < 400) {
    const target = location !== undefined && URL.canParse(location) ? new URL(location).origin : undefined;
    return {
      reason: 'redirect',
      detail: `the server sends us elsewhere (HTTP ${status}), and the token does not follow`,
      fix: `${SETTINGS.url}=${target ?? '<the address it redirects to>'}`,
    };
  }
  return {
    reason: 'unavailable',
    detail: `the server answers HTTP ${status}`,
    fix:
      status === 429
        ? 'give the user a higher limit on the ntfy server'
        : 'look at the log of the ntfy server',
  };
}
