import { SourceFailure, type Trouble } from '@proxmox-mcp/ingest-kit';
import { serverTrouble } from '@proxmox-mcp/proxmox-client';

const SETTINGS = { url: 'GOTIFY_IN_SERVER_URL', fingerprint: 'GOTIFY_IN_FINGERPRINT' };

/** No answer came. */
export function noAnswer(error: unknown): SourceFailure {
  return new SourceFailure(serverTrouble(error, SETTINGS), { cause: error });
}

/** An answer came, but not with 200. */
export function refused(status: number, clientToken: string, location?: string): SourceFailure {
  return new SourceFailure(troubleOf(status, clientToken, location));
}

/** An answer with 200 that Gotify would not give. */
export function notGotify(): SourceFailure {
  return new SourceFailure({
    reason: 'not-json',
    detail: 'the answer is not one of Gotify',
    fix: `point ${SETTINGS.url} at the Gotify server itself, not at a page of a proxy`,
  });
}

/** A message larger than we read. */
export function tooLarge(): SourceFailure {
  return new SourceFailure({
    reason: 'too-large',
    detail: 'one message is larger than 32 MiB',
    fix: 'delete it in Gotify',
  });
}

function troubleOf(status: number, clientToken: string, location: string | undefined): Trouble {
  if (status === 401 || status === 403) {
    // Gotify begins the tokens of applications with A and those of clients with C.
    const looks = clientToken.startsWith('A') ? '; it looks like the token of an application' : '';
    return {
      reason: 'auth',
      detail: `the server refuses the token (HTTP ${status})${looks}`,
      fix: 'set GOTIFY_IN_CLIENT_TOKEN to the token of a client (Clients → Create client in Gotify), not of an application',
    };
  }
  if (status === 404) {
    return {
      reason: 'not-found',
      detail: 'there is no Gotify at this address (HTTP 404)',
      fix: `check ${SETTINGS.url}: the address of the server with its path, without /message or /stream`,
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
    fix: 'look at the log of the Gotify server and of the proxy in front of it',
  };
}
