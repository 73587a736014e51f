import { Agent, request, type Dispatcher } from 'undici';
import { readBounded, SourceFailure } from '@proxmox-mcp/ingest-kit';
import { createTrustedConnector } from '@proxmox-mcp/proxmox-client';
import type { NtfyAccess } from '../config.ts';
import type { NtfyMessage } from '../parse.ts';
import { readLines } from './lines.ts';
import { noAnswer, refused } from './trouble.ts';

/** Lines of an answer; `undefined` is one that was too long. Ends, or throws `SourceFailure`, with the answer. */
export type Lines = AsyncGenerator<string | undefined, void, undefined>;

/** What a reader asks of an ntfy server. Every call throws `SourceFailure` with the reason and what mends it. */
export interface NtfyClient {
  /** Messages as they come. Resolves when the server has subscribed us: nothing published from then on is missed. */
  subscribe(signal: AbortSignal): Promise<Lines>;
  /** What the server keeps since a message or a second, oldest first. */
  replay(since: string, signal: AbortSignal): Promise<Lines>;
  /** The text of a message that was too long for one; `undefined` where it cannot be had. */
  file(message: NtfyMessage, signal: AbortSignal): Promise<string | undefined>;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;
const ANSWER_TIMEOUT_MS = 30_000;
/** ntfy's messages have 4 KiB unless told otherwise; escapes make up to six times that. */
const MAX_LINE_BYTES = 1024 * 1024;
const MAX_FILE_BYTES = 2 * 1024 * 1024;

/** A client; opens nothing before the first call. */
export function createNtfyClient({ url, topics, token, tls }: NtfyAccess): NtfyClient {
  const dispatcher = new Agent({
    connect: createTrustedConnector(tls, CONNECT_TIMEOUT_MS),
    headersTimeout: ANSWER_TIMEOUT_MS,
  });
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };

  /** @param bodyTimeout longest silence within the answer, in milliseconds; 0: none. */
  async function get(
    path: string,
    signal: AbortSignal,
    bodyTimeout: number,
  ): Promise<Dispatcher.ResponseData> {
    try {
      // `request` follows no redirect: the token must not go elsewhere.
      const answer = await request(`${url}${path}`, { headers, dispatcher, signal, bodyTimeout });
      if (answer.statusCode === 200) return answer;
      await answer.body.dump({ limit: 4_096, signal });
      throw refused(answer);
    } catch (error) {
      if (error instanceof SourceFailure) throw error;
      signal.throwIfAborted();
      throw noAnswer(error);
    }
  }

  async function* lines({ body }: Dispatcher.ResponseData, signal: AbortSignal): Lines {
    try {
      yield* readLines(body, MAX_LINE_BYTES);
    } catch (error) {
      signal.throwIfAborted();
      throw noAnswer(error);
    }
  }

  const path = `/${topics.join(',')}/json`;
  return {
    // Silence is watched by who reads: a reader that is busy is not a server that is silent.
    subscribe: async (signal) => lines(await get(path, signal, 0), signal),
    replay: async (since, signal) =>
      lines(
        await get(`${path}?poll=1&since=${encodeURIComponent(since)}`, signal, ANSWER_TIMEOUT_MS),
        signal,
      ),
    async file({ id, file }, signal) {
      const at = file !== undefined && URL.canParse(file.url) ? new URL(file.url).pathname : '';
      // A file of this message on our own server, whatever host the message names: we fetch nothing for strangers.
      const name = /\/file\/([A-Za-z0-9]{1,64})(\.[a-z0-9]{1,16})?$/.exec(at);
      if (name?.[1] !== id || (file?.size ?? 0) > MAX_FILE_BYTES) return undefined;
      try {
        const { body } = await get(`/file/${id}${name[2] ?? ''}`, signal, ANSWER_TIMEOUT_MS);
        return await readBounded(body, MAX_FILE_BYTES);
      } catch {
        signal.throwIfAborted();
        return undefined;
      }
    },
    close: () => dispatcher.destroy(),
  };
}
