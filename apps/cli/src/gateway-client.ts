import * as z from 'zod';
import type { CommandContext } from './command.ts';
import { terminalLine } from './terminal-text.ts';

/** The gateway did not answer as hoped; the message says what to do. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  /** HTTP status of the answer, where there was one. */
  readonly status: number | undefined;
  constructor(message: string, options?: ErrorOptions & { readonly status?: number }) {
    super(message, options);
    this.status = options?.status;
  }
}

/** Where the gateway is and what opens it. */
export interface GatewayAddress {
  readonly url: string;
  readonly token: string;
}

/** Options that every command which talks to the gateway has. */
export const GATEWAY_OPTIONS = { url: { type: 'string' }, token: { type: 'string' } } as const;
export const GATEWAY_USAGE = '[--url URL] [--token TOKEN]';

/** From the options, else the settings. @throws {GatewayError} without a token. */
export function gatewayAddress(
  values: { readonly url?: string | undefined; readonly token?: string | undefined },
  env: CommandContext['env'],
): GatewayAddress {
  const host = (env['GATEWAY_HOST'] ?? '').replace(/^(0\.0\.0\.0|::|)$/, '127.0.0.1');
  const url = values.url ?? env['GATEWAY_URL'] ?? `http://${host}:${env['GATEWAY_PORT'] || '8080'}`;
  const token = values.token ?? env['GATEWAY_TOKEN'];
  if (token === undefined || token === '') {
    throw new GatewayError(
      'no token: give --token or GATEWAY_TOKEN; `npm run -s pmx -- token create --name NAME --scope read` makes one',
    );
  }
  return { url: url.replace(/\/+$/, ''), token };
}

/** Asks the gateway and answers its JSON; with a body it is a POST where no method is named. */
export type Ask = (path: string, body?: unknown, method?: 'DELETE') => Promise<unknown>;

/** Makes it. */
export function jsonAsker(address: GatewayAddress, signal: AbortSignal): Ask {
  return async (path, body, method) => {
    const sent = body === undefined ? {} : { method: 'POST', body };
    const init = { ...sent, ...(method === undefined ? {} : { method }), signal };
    return (await askGateway(address, path, init)).json();
  };
}

/** One request with the token; answers only what succeeded. */
export async function askGateway(
  { url, token }: GatewayAddress,
  path: string,
  init: { readonly method?: string; readonly body?: unknown; readonly signal: AbortSignal },
): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(`${url}${path}`, {
      method: init.method ?? 'GET',
      headers: {
        authorization: `Bearer ${token}`,
        ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
      signal: init.signal,
    });
  } catch (err) {
    if (init.signal.aborted) throw err;
    throw new GatewayError(`${url} does not answer; is it running (npm start)? --url says where it is`, {
      cause: err,
    });
  }
  if (answer.ok) return answer;
  const text = words(await answer.text());
  const hint = answer.status === 401 ? ' (the token is not accepted)' : '';
  throw new GatewayError(terminalLine(`${url}${path}: HTTP ${answer.status}${hint} ${text}`.trim()), {
    status: answer.status,
  });
}

const Refusal = z.looseObject({
  message: z.string(),
  hint: z.string().optional(),
  candidates: z.array(z.string()).optional(),
});

/** What the gateway says of a failure; of anything else that answers there, its first words. */
function words(text: string): string {
  const refusal = Refusal.safeParse(readJson(text));
  if (!refusal.success) return text.slice(0, 500);
  const { message, hint, candidates = [] } = refusal.data;
  const more = candidates.length === 0 ? '' : `: ${candidates.join(', ')}`;
  return `${message}${hint === undefined ? '' : ` → ${hint}`}${more}`;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
