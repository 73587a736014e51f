/** A page of 100 messages with all embeds full stays below. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** What `@discordjs/rest` hands over, as far as a read needs it. */
export interface FetchInit {
  readonly method?: string | undefined;
  readonly headers?: unknown;
  readonly signal?: unknown;
}

/**
 * Fetches with Node's own client and reads the whole body within the caller's signal: the library's timeout would end with the
 * headers, and its own client (undici 6) cannot use the dispatcher that this process shares. Redirects are refused: the token
 * goes to one place only.
 *
 * @throws {RangeError} a body larger than 16 MiB.
 */
export async function boundedFetch(url: string, { method, headers, signal }: FetchInit): Promise<Response> {
  const answer = await fetch(url, {
    method: method ?? 'GET',
    // Both come from the library, which made them for the client of the same interface.
    headers: headers as Record<string, string>,
    signal: signal as AbortSignal,
    redirect: 'error',
  });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    // Bodies of fetch are bytes; the type only says any.
    chunks.push(chunk as Uint8Array);
    size += (chunk as Uint8Array).length;
    if (size > MAX_BODY_BYTES) throw new RangeError('answer too large');
  }
  return new Response(chunks.length === 0 ? null : Buffer.concat(chunks), {
    status: answer.status,
    headers: answer.headers,
  });
}
