import { setTimeout as sleep } from 'node:timers/promises';

/** Token of every gateway under test. */
export const GATEWAY_TOKEN = 'token-of-the-trouble-tests';

/** Rows of any tool: each test reads the few keys it needs. */
export type Row = Readonly<Record<string, unknown>>;

/** Structured content of a tool's answer. @throws when the gateway does not answer 200. */
export async function callTool(gatewayUrl: string, tool: string, args: Row = {}): Promise<Row> {
  const answer = await fetch(`${gatewayUrl}/api/v1/tools/${tool}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${GATEWAY_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(args),
    signal: AbortSignal.timeout(15_000),
  });
  if (!answer.ok) throw new Error(`${tool}: HTTP ${answer.status} ${(await answer.text()).slice(0, 500)}`);
  return (await answer.json()) as Row;
}

/** All rows of a tool that pages. */
export async function allRows(gatewayUrl: string, tool: string, args: Row = {}): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: unknown;
  do {
    const page = await callTool(gatewayUrl, tool, {
      limit: 100,
      ...args,
      ...(cursor === undefined ? {} : { cursor }),
    });
    rows.push(...(page['items'] as Row[]));
    cursor = page['next_cursor'];
  } while (cursor !== undefined);
  return rows;
}

/**
 * Asks until the answer is there; a gateway that is away is asked again.
 *
 * @throws after `withinMs`, with what was waited for and the last trouble.
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  withinMs: number,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  let trouble: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (err) {
      trouble = err;
    }
    if (Date.now() > deadline)
      throw new Error(`waited in vain for ${what}`, trouble === undefined ? {} : { cause: trouble });
    await sleep(50);
  }
}
