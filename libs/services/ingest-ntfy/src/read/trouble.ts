import {
  answerOfAnother,
  SourceFailure,
  statusTrouble,
  type RefusedAnswer,
  type Trouble,
} from '@proxmox-mcp/ingest-kit';
import { serverTrouble } from '@proxmox-mcp/proxmox-client';

const SERVER = {
  name: 'ntfy',
  url: 'NTFY_IN_SERVER_URL',
  fingerprint: 'NTFY_IN_FINGERPRINT',
  address: 'the address of the server, without a topic',
};

/** No answer came, or it broke off. */
export function noAnswer(error: unknown): SourceFailure {
  return new SourceFailure(serverTrouble(error, SERVER), { cause: error });
}

/** An answer came, but not with 200. */
export function refused(answer: RefusedAnswer): SourceFailure {
  const { statusCode: status } = answer;
  const elsewise =
    status === 429 ? 'give the user a higher limit on the ntfy server' : 'look at the log of the ntfy server';
  return new SourceFailure(tokenTrouble(status) ?? statusTrouble(answer, SERVER, elsewise));
}

/** An answer with 200 that ntfy would not give. */
export function notNtfy(): SourceFailure {
  return answerOfAnother(SERVER);
}

/** Not even a keepalive came for so long. */
export function silent(ms: number): SourceFailure {
  return new SourceFailure({
    reason: 'timeout',
    detail: `the server said nothing for ${ms / 1_000} s, not even that it is alive`,
    fix: 'look for a proxy that holds answers back; ntfy wants buffering off',
  });
}

function tokenTrouble(status: number): Trouble | undefined {
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
  return undefined;
}
