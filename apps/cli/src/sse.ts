const MAX_BUFFER = 4_000_000;

/** One message of an event stream. */
export interface SseMessage {
  readonly id?: string;
  /** Kind of the message; `undefined`: an ordinary one. */
  readonly event?: string;
  readonly data: string;
}

/** Reads server-sent events (WHATWG HTML §9.2) from a body. @throws when one message grows past 4 MB. */
export async function* readSse(body: ReadableStream<Uint8Array>): AsyncGenerator<SseMessage> {
  let buffer = '';
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    buffer += decoder.decode(chunk, { stream: true }).replaceAll('\r\n', '\n');
    if (buffer.length > MAX_BUFFER) throw new Error('event stream: a message is larger than 4 MB');
    for (let end = buffer.indexOf('\n\n'); end >= 0; end = buffer.indexOf('\n\n')) {
      const message = readMessage(buffer.slice(0, end));
      buffer = buffer.slice(end + 2);
      if (message !== undefined) yield message;
    }
  }
}

function readMessage(block: string): SseMessage | undefined {
  const data: string[] = [];
  let id: string | undefined;
  let event: string | undefined;
  for (const line of block.split('\n')) {
    const [, field, value = ''] = /^([a-z]+): ?(.*)$/.exec(line) ?? [];
    if (field === 'data') data.push(value);
    else if (field === 'id') id = value;
    else if (field === 'event') event = value;
  }
  if (data.length === 0) return undefined;
  return {
    data: data.join('\n'),
    ...(id === undefined ? {} : { id }),
    ...(event === undefined ? {} : { event }),
  };
}
