import { Agent, request, type buildConnector } from 'undici';
import * as z from 'zod';
import { readBounded, readJson, SourceFailure } from '@proxmox-mcp/ingest-kit';
import { createTrustedConnector } from '@proxmox-mcp/proxmox-client';
import type { GotifyAccess } from '../config.ts';
import { Page } from '../parse.ts';
import { noAnswer, notGotify, refused } from './trouble.ts';

export interface PageQuery {
  /** 1–200. */
  readonly limit: number;
  /** Only messages with ids below. */
  readonly since?: number | undefined;
}

/** What a reader asks of a Gotify server. Every call throws `SourceFailure` with the reason and what mends it. */
export interface GotifyClient {
  /** Stored messages, newest first; `undefined` when the answer is larger than we read: ask for fewer. */
  page(query: PageQuery, signal: AbortSignal): Promise<readonly unknown[] | undefined>;
  /** Ids of the user's applications. */
  applications(signal: AbortSignal): Promise<readonly string[]>;
  version(signal: AbortSignal): Promise<string>;
  /** For the WebSocket, which connects by the same rules. */
  readonly connect: buildConnector.connector;
  close(): Promise<void>;
}

export const CONNECT_TIMEOUT_MS = 10_000;
const ANSWER_TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

const Applications = z.array(z.object({ id: z.int() }));
const Version = z.object({ version: z.string().max(100) });

/** A client; opens nothing before the first call. */
export function createGotifyClient({ url, clientToken, tls }: GotifyAccess): GotifyClient {
  const connect = createTrustedConnector(tls, CONNECT_TIMEOUT_MS);
  const dispatcher = new Agent({
    connect,
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
  });

  /** @returns the text of an answer with 200, `undefined` when it is too large. */
  async function get(path: string, signal: AbortSignal): Promise<string | undefined> {
    try {
      // In a header, never in `?token=`, which proxies write into their logs. `request` follows no redirect.
      const headers = { 'x-gotify-key': clientToken, accept: 'application/json' };
      const answer = await request(`${url}${path}`, { headers, dispatcher, signal });
      if (answer.statusCode === 200) return await readBounded(answer.body, MAX_ANSWER_BYTES);
      await answer.body.dump({ limit: 4_096, signal });
      throw refused(answer, clientToken);
    } catch (error) {
      if (error instanceof SourceFailure) throw error;
      signal.throwIfAborted();
      throw noAnswer(error);
    }
  }

  async function read<T>(path: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<T | undefined> {
    const text = await get(path, signal);
    if (text === undefined) return undefined;
    const parsed = schema.safeParse(readJson(text));
    if (!parsed.success) throw notGotify();
    return parsed.data;
  }

  return {
    connect,
    async page({ limit, since }, signal) {
      const query = since === undefined ? `limit=${limit}` : `limit=${limit}&since=${since}`;
      return (await read(`/message?${query}`, Page, signal))?.messages;
    },
    async applications(signal) {
      return ((await read('/application', Applications, signal)) ?? []).map(({ id }) => String(id));
    },
    async version(signal) {
      return (await read('/version', Version, signal))?.version ?? 'unknown';
    },
    close: () => dispatcher.destroy(),
  };
}
