import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

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

const MAX_LINE = 4 << 20;
const INTERNAL_ERROR = -32_603;

type Message = Parameters<StreamableHTTPClientTransport['send']>[0];

/**
 * Speaks MCP on stdin and stdout for a gateway somewhere else: one JSON-RPC message per line, passed on as it is. Resolves
 * when stdin ends and everything asked was answered, or `signal` aborts.
 */
export async function serveStdioBridge(options: StdioBridgeOptions): Promise<void> {
  const { url, token, stdin, stdout, onError = () => undefined, signal } = options;
  // Imported here: the gateway itself is no client and starts without one.
  const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
  const transport = new StreamableHTTPClientTransport(new URL('/mcp', url), {
    requestInit: { headers: { authorization: `Bearer ${token}` } },
  });
  const write = (message: unknown) => void stdout.write(`${JSON.stringify(message)}\n`);
  transport.onmessage = (message) => {
    const version = negotiatedVersion(message);
    // The client on stdin negotiates; HTTP wants the outcome in a header from then on.
    if (version !== undefined) transport.setProtocolVersion(version);
    write(message);
  };
  transport.onerror = (error) => onError(`gateway: ${error.message}`);
  await transport.start();
  const lines = createInterface({
    input: stdin,
    crlfDelay: Infinity,
    ...(signal === undefined ? {} : { signal }),
  });
  const underway = new Set<Promise<void>>();
  try {
    for await (const line of lines) {
      const message = parse(line);
      if (message === 'blank') continue;
      if (message === 'bad') {
        write({
          jsonrpc: '2.0',
          error: { code: -32_700, message: 'a line is not a JSON-RPC message' },
          id: null,
        });
        continue;
      }
      const sent = transport.send(message).catch((error: unknown) => {
        const text = error instanceof Error ? error.message.slice(0, 300) : 'unknown';
        onError(`gateway did not take the message: ${text}`);
        if ('id' in message && 'method' in message) {
          write({
            jsonrpc: '2.0',
            error: { code: INTERNAL_ERROR, message: `gateway: ${text}` },
            id: message.id,
          });
        }
      });
      underway.add(sent);
      void sent.finally(() => underway.delete(sent));
      // The session begins with the answer to the first message; what comes before it would have no session.
      if ('method' in message && message.method === 'initialize') await sent;
    }
    await Promise.all(underway);
  } finally {
    lines.close();
    await transport.terminateSession().catch(() => undefined);
    await transport.close();
  }
}

function parse(line: string): Message | 'blank' | 'bad' {
  if (line.trim() === '') return 'blank';
  if (line.length > MAX_LINE) return 'bad';
  try {
    const value: unknown = JSON.parse(line);
    const isMessage =
      typeof value === 'object' && value !== null && 'jsonrpc' in value && value.jsonrpc === '2.0';
    // The gateway checks the rest; this bridge only carries it.
    return isMessage ? (value as Message) : 'bad';
  } catch {
    return 'bad';
  }
}

function negotiatedVersion(message: unknown): string | undefined {
  if (typeof message !== 'object' || message === null || !('result' in message)) return undefined;
  const { result } = message;
  const version =
    typeof result === 'object' && result !== null && 'protocolVersion' in result
      ? result.protocolVersion
      : undefined;
  return typeof version === 'string' ? version : undefined;
}
