import { SourceFailure, type Trouble } from './source-reader.ts';

/** A kind of server, and the setting that leads to it, as a failure names them. */
export interface NamedServer {
  /** As people write it: `Gotify`. */
  readonly name: string;
  /** Setting with the address: `GOTIFY_IN_SERVER_URL`. */
  readonly url: string;
  /** What that setting wants, for whoever put another address there: `the address of the server, without a topic`. */
  readonly address: string;
}

/** An answer without 200, as undici gives it. */
export interface RefusedAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** An answer with 200 that this kind of server would not give. */
export function answerOfAnother({ name, url }: NamedServer): SourceFailure {
  return new SourceFailure({
    reason: 'not-json',
    detail: `the answer is not one of ${name}`,
    fix: `point ${url} at the ${name} server itself, not at a page of a proxy`,
  });
}

/**
 * Why an answer came without 200, as far as every kind of server means the same by it. What 401 and 403 say of the token only the
 * reader knows.
 *
 * @param elsewise what to do where the status says nothing more than that it did not go well.
 */
export function statusTrouble(answer: RefusedAnswer, server: NamedServer, elsewise: string): Trouble {
  const { statusCode: status } = answer;
  const { name, url, address } = server;
  if (status === 404) {
    return {
      reason: 'not-found',
      detail: `there is no ${name} at this address (HTTP 404)`,
      fix: `check ${url}: ${address}`,
    };
  }
  if (status >= 300 && status < 400) {
    return {
      reason: 'redirect',
      detail: `the server sends us elsewhere (HTTP ${status}), and the token does not follow`,
      fix: `${url}=${originOf(answer.headers['location']) ?? '<the address it redirects to>'}`,
    };
  }
  return { reason: 'unavailable', detail: `the server answers HTTP ${status}`, fix: elsewise };
}

/** Without path and query, in which a server may repeat what it was asked. */
function originOf(location: string | string[] | undefined): string | undefined {
  return typeof location === 'string' && URL.canParse(location) ? new URL(location).origin : undefined;
}
