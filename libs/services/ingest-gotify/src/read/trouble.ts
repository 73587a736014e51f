import {
  answerOfAnother,
  SourceFailure,
  statusTrouble,
  type RefusedAnswer,
  type Trouble,
} from '@proxmox-mcp/ingest-kit';
import { serverTrouble } from '@proxmox-mcp/proxmox-client';

const SERVER = {
  name: 'Gotify',
  url: 'GOTIFY_IN_SERVER_URL',
  fingerprint: 'GOTIFY_IN_FINGERPRINT',
  address: 'the address of the server with its path, without /message or /stream',
};

/** No answer came. */
export function noAnswer(error: unknown): SourceFailure {
  return new SourceFailure(serverTrouble(error, SERVER), { cause: error });
}

/** An answer came, but not with 200. */
export function refused(answer: RefusedAnswer, clientToken: string): SourceFailure {
  const elsewise = 'look at the log of the Gotify server and of the proxy in front of it';
  return new SourceFailure(
    tokenTrouble(answer.statusCode, clientToken) ?? statusTrouble(answer, SERVER, elsewise),
  );
}

/** An answer with 200 that Gotify would not give. */
export function notGotify(): SourceFailure {
  return answerOfAnother(SERVER);
}

/** A message larger than we read. */
export function tooLarge(): SourceFailure {
  return new SourceFailure({
    reason: 'too-large',
    detail: 'one message is larger than 32 MiB',
    fix: 'delete it in Gotify',
  });
}

function tokenTrouble(status: number, clientToken: string): Trouble | undefined {
  if (status !== 401 && status !== 403) return undefined;
  // Gotify begins the tokens of applications with A and those of clients with C.
  const looks = clientToken.startsWith('A') ? '; it looks like the token of an application' : '';
  return {
    reason: 'auth',
    detail: `the server refuses the token (HTTP ${status})${looks}`,
    fix: 'set GOTIFY_IN_CLIENT_TOKEN to the token of a client (Clients → Create client in Gotify), not of an application',
  };
}
