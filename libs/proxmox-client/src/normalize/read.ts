import { setImmediate as nextTurn } from 'node:timers/promises';
import type * as z from 'zod';
import type { Api, Call } from '../api.ts';
import { ProxmoxError } from '../error.ts';
import type { Answer } from '../read-answer.ts';
import { camelKeys } from './values.ts';

const ROWS_PER_TURN = 500;

/** A page of a list. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Rows in all. Where the API leaves it out (it does when a filter leaves nothing), the rows of this page. */
  readonly total: number;
}

/**
 * Asks for a list and reads its rows. A row that cannot be told from others (no id) is left out with a warning.
 *
 * @throws {ProxmoxError} of kind `unexpected-answer` when it is no list, or not one row of it can be read.
 */
export async function readPage<Row extends object>(
  api: Api,
  call: Call,
  schema: z.ZodType<Row>,
): Promise<Page<Row>> {
  const answer = await api.call(call);
  const rows = await rowsOf(api, call, answer, schema);
  return { rows, total: answer.total ?? rows.length };
}

/** Like `readPage`, for lists that are answered whole. */
export async function readRows<Row extends object>(
  api: Api,
  call: Call,
  schema: z.ZodType<Row>,
): Promise<readonly Row[]> {
  return rowsOf(api, call, await api.call(call), schema);
}

/** Asks for one object and reads it. */
export async function readOne<Value extends object>(
  api: Api,
  call: Call,
  schema: z.ZodType<Value>,
): Promise<Value> {
  const answer = await api.call(call);
  const parsed = parse(answer.data, schema);
  if (parsed === undefined) throw unexpected(api, call, answer, 'the object asked for is not in the answer');
  return parsed;
}

/** Asks for something that is answered with a plain text: an UPID, mostly. */
export async function readText(api: Api, call: Call): Promise<string> {
  const answer = await api.call(call);
  if (typeof answer.data !== 'string') {
    throw new ProxmoxError({
      ...unexpectedFields(api, call, answer),
      detail: 'no text in the answer',
      outcomeUnknown: call.method !== 'GET',
    });
  }
  return answer.data;
}

async function rowsOf<Row extends object>(
  api: Api,
  call: Call,
  answer: Answer,
  schema: z.ZodType<Row>,
): Promise<readonly Row[]> {
  // null: an empty list, from handlers that return nothing.
  const data = answer.data ?? [];
  if (!Array.isArray(data)) throw unexpected(api, call, answer, 'no list in the answer');
  const rows: Row[] = [];
  for (const [index, raw] of data.entries()) {
    // Ten thousand guests are a few hundred milliseconds of work: let others have a turn.
    if (index % ROWS_PER_TURN === ROWS_PER_TURN - 1) await nextTurn();
    const row = parse(raw, schema);
    if (row !== undefined) rows.push(row);
  }
  const lost = data.length - rows.length;
  if (lost > 0) {
    if (rows.length === 0) throw unexpected(api, call, answer, `none of ${lost} rows can be read`);
    const fields = { host: api.name, path: call.path, lost };
    api.warnOnce(`rows ${call.path}`, fields, 'rows without identity left out of an API answer');
  }
  return rows;
}

function parse<Value extends object>(raw: unknown, schema: z.ZodType<Value>): Value | undefined {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return undefined;
  const parsed = schema.safeParse(camelKeys(raw));
  return parsed.success ? withoutUndefined(parsed.data) : undefined;
}

/** Unset is absent, as the API has it: `'x' in row` means what it says, and nothing is serialised for nothing. */
function withoutUndefined<Value extends object>(value: Value): Value {
  if (!Object.values(value).includes(undefined)) return value;
  // The same object without its unset keys, each of which is optional.
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Value;
}

const unexpectedFields = (api: Api, call: Call, answer: Answer) =>
  ({
    kind: 'unexpected-answer',
    host: api.name,
    method: call.method,
    path: call.path,
    endpoint: answer.endpoint,
  }) as const;

function unexpected(api: Api, call: Call, answer: Answer, detail: string): ProxmoxError {
  return new ProxmoxError({ ...unexpectedFields(api, call, answer), detail });
}
