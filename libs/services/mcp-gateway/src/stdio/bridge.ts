import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { parseLine, requestOf, type Id, type Message, type Wire } from './message.ts';
import { Pending } from './pending.ts';

export interface StdioBridgeOptions {
  /** The gateway, with or without `/mcp`. */
  readonly url: string;
  readonly token: string;
  readonly stdin: Readable;
  readonly stdout: Writable;
  /** Told what a person should know; must not write to `stdout`, which belongs to the protocol. */
  readonly onError?: (message: string) => void;
  /** Ends the bridge. */
  readonly signal?: AbortSignal;
}

/** Requests under way at one time. */
const MAX_PENDING = 1_000;
const INTERNAL_ERROR = -32_603;

/**
 * Speaks MCP of both eras on stdin and stdout for a gateway somewhere else: one JSON-RPC message per line, passed on as it
 * is. The transport makes the headers of the 2026 era from each message; what differs between the two ways is done here:
 * over HTTP a request is cancelled by closing its stream, over stdio by a message. Resolves when stdin ends and everything
 * asked was answered, or `signal` aborts.
 */
export async function serveStdioBridge(options: StdioBridgeOptions): Promise<void> {
  const { url, token, stdin, stdout, onError = () => undefined, signal } = options;
  // Imported here: the gateway itself is no client and starts without one.
  const { SdkHttpError, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
  const transport = new StreamableHTTPClientTransport(new URL('/mcp', url), {
    requestInit: { headers: { authorization: `Bearer ${token}` } },
  });
  const write = (message: unknown) => void stdout.write(`${JSON.stringify(message)}\n`);
  const fail = (id: Id | null, code: number, message: string) =>
    write({ jsonrpc: '2.0', error: { code, message }, id });
  const pending = new Pending(MAX_PENDING);
  let initializing: Id | undefined;
  transport.onmessage = (message) => {
    const id = 'id' in message && !('method' in message) ? message.id : undefined;
    // The client on stdin negotiates; HTTP wants the outcome in a header from then on.
    if (id !== undefined && id === initializing) useVersionOf(message, transport);
    // Before it is settled: whoever waits for the answer goes on once it is written.
    write(message);
    if (id !== undefined) pending.settle(id);
  };
  transport.onerror = (error) => onError(`gateway: ${error.message}`);
  await transport.start();
  const lines = createInterface({
    input: stdin,
    crlfDelay: Infinity,
    ...(signal === undefined ? {} : { signal }),
  });

  function refuse(id: Id, error: unknown): void {
    // Cancelled by its own sender: nobody waits for an answer.
    if (!pending.has(id)) return;
    const answer = error instanceof SdkHttpError ? rpcErrorIn(error.data['text']) : undefined;
    const text = error instanceof Error ? error.message.slice(0, 300) : 'unknown';
    if (answer === undefined) fail(id, INTERNAL_ERROR, `gateway: ${text}`);
    else write({ jsonrpc: '2.0', error: answer, id });
    pending.settle(id);
  }

  async function ask(message: Message, id: Id): Promise<void> {
    const request = pending.add(id, message.method === 'subscriptions/listen');
    if (request === undefined) {
      return fail(id, INTERNAL_ERROR, 'this id is under way already, or too many requests are');
    }
    try {
      // Read by parseLine; the gateway checks the rest.
      await transport.send(message as Wire, {
        requestSignal: request.signal,
        // A stream that ended without the answer: the gateway went away.
        onRequestStreamEnd: () => refuse(id, new Error('the stream ended before the answer')),
      });
    } catch (error) {
      refuse(id, error);
    }
    // What comes next must find the session and its version.
    if (message.method === 'initialize') await request.answered;
  }

  async function tell(message: Message): Promise<void> {
    const cancelled =
      message.method === 'notifications/cancelled' ? message.params?.['requestId'] : undefined;
    const isModern = cancelled !== undefined && transport.sessionId === undefined;
    if (isModern && (typeof cancelled === 'string' || typeof cancelled === 'number'))
      return pending.abort(cancelled);
    await transport.send(message as Wire).catch((error: unknown) => {
      onError(
        `gateway did not take the message: ${error instanceof Error ? error.message.slice(0, 300) : ''}`,
      );
    });
  }

  try {
    for await (const line of lines) {
      const message = parseLine(line);
      if (message === 'blank') continue;
      if (message === 'bad') {
        fail(null, -32_700, 'a line is not a JSON-RPC message');
        continue;
      }
      const request = requestOf(message);
      if (request?.method === 'initialize') {
        initializing = request.id;
        await ask(message, request.id);
      } else void (request === undefined ? tell(message) : ask(message, request.id));
    }
    await pending.allAnswered();
  } finally {
    lines.close();
    await transport.terminateSession().catch(() => undefined);
    await transport.close();
  }
}

function useVersionOf(message: object, transport: StreamableHTTPClientTransport): void {
  const result = 'result' in message ? message.result : undefined;
  const version =
    typeof result === 'object' && result !== null && 'protocolVersion' in result
      ? result.protocolVersion
      : undefined;
  if (typeof version === 'string') transport.setProtocolVersion(version);
}

/** The JSON-RPC error of an HTTP answer: what the client should see of a 404 or 400. */
function rpcErrorIn(text: unknown): object | undefined {
  try {
    const body: unknown = JSON.parse(String(text));
    const error = typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined;
    return typeof error === 'object' && error !== null && 'code' in error ? error : undefined;
  } catch {
    return undefined;
  }
}
