import type { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

/** Id of a JSON-RPC request. */
export type Id = string | number;
/** A message as far as it is looked at here; the rest is carried as it is. */
export interface Message {
  readonly method?: string;
  readonly id?: Id;
  readonly params?: Readonly<Record<string, unknown>>;
}
/** A message as the transport takes it. */
export type Wire = Parameters<StreamableHTTPClientTransport['send']>[0];

const MAX_LINE = 4 << 20;

/** Reads one line. `bad`: it is no JSON-RPC message, or larger than 4 MiB. The gateway checks the rest. */
export function parseLine(line: string): Message | 'blank' | 'bad' {
  if (line.trim() === '') return 'blank';
  if (line.length > MAX_LINE) return 'bad';
  try {
    const value: unknown = JSON.parse(line);
    const isMessage =
      typeof value === 'object' && value !== null && 'jsonrpc' in value && value.jsonrpc === '2.0';
    // This bridge only carries it.
    return isMessage ? (value as Message) : 'bad';
  } catch {
    return 'bad';
  }
}

/** The request that the message is; `undefined` when it wants no answer. */
export function requestOf(message: Message): { readonly id: Id; readonly method: string } | undefined {
  const { id, method } = message;
  if (typeof method !== 'string' || (typeof id !== 'string' && typeof id !== 'number')) return undefined;
  return { id, method };
}
