import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { WebSocket } from 'ws';
import { type GotifyReceiver, startGotify } from './gotify.ts';

type FieldType = string | readonly [string];
interface Operation {
  readonly method: string;
  readonly path: string;
  readonly tokens: readonly string[];
  readonly query: Readonly<Record<string, { readonly minimum?: number; readonly maximum?: number }>>;
  readonly answers: Readonly<Record<string, FieldType | null>>;
}
interface Api {
  readonly operations: readonly Operation[];
  readonly schemas: Readonly<
    Record<string, Readonly<Record<string, { type: FieldType; required: boolean }>>>
  >;
}
const api = JSON.parse(readFileSync(new URL('../recorded/gotify-api.json', import.meta.url), 'utf8')) as Api;

/** What no client with a token of its own can bring about: rights of other users, and a database that is away. */
const NOT_TO_BE_HAD = ['403', '500'];
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

let gotify: GotifyReceiver;
beforeEach(async () => {
  gotify = await startGotify();
  for (let i = 1; i <= 3; i++) await post({ title: `t${i}`, message: `m${i}`, extras: { 'a::b': {} } });
});
afterEach(() => gotify.close());

const post = (body: unknown) =>
  fetch(`${gotify.url}/message`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-gotify-key': gotify.appToken },
    body: JSON.stringify(body),
  });

/** Asks so that the operation answers with the status. */
function provoke({ method, path }: Operation, status: string, token?: { header?: string[]; query?: string }) {
  const ids: Record<string, string> = { 404: '999', 400: 'x' };
  const bad = status === '400' ? { path: path.includes('{id}') ? path : `${path}?limit=0` } : { path };
  const url = `${gotify.url}${bad.path.replace('{id}', ids[status] ?? '1')}${token?.query ?? ''}`;
  const [name, value] = token?.header ?? ['x-gotify-key', status === '401' ? 'C-wrong' : gotify.clientToken];
  const headers = new Headers(token?.query === undefined ? [[name ?? '', value ?? '']] : []);
  if (method !== 'POST') return fetch(url, { method, headers });
  headers.set('content-type', 'application/json');
  const body =
    status === '400' ? { appid: 1 } : { appid: 1, title: 't', message: 'm', priority: 4, extras: {} };
  return fetch(`${gotify.url}${path}${token?.query ?? ''}`, { method, headers, body: JSON.stringify(body) });
}

/** Where the value differs from what the description says of the type. */
function faults(value: unknown, type: FieldType, at: string): string[] {
  if (typeof type !== 'string') {
    if (!Array.isArray(value)) return [`${at}: no list`];
    return value.flatMap((item, i) => faults(item, type[0], `${at}[${i}]`));
  }
  const schema = api.schemas[type];
  if (schema !== undefined) {
    if (typeof value !== 'object' || value === null) return [`${at}: no object`];
    const fields = new Map(Object.entries(value));
    const unknown = [...fields.keys()].filter((key) => !Object.hasOwn(schema, key));
    const missing = Object.keys(schema).filter((key) => schema[key]?.required === true && !fields.has(key));
    return [
      ...unknown.map((key) => `${at}.${key}: not described`),
      ...missing.map((key) => `${at}.${key}: missing`),
      ...Object.entries(schema).flatMap(([key, field]) => {
        const part = fields.get(key);
        // Go writes a pointer to nothing as null, which the description has no word for.
        const isAbsent = part === undefined || (part === null && !field.required);
        return isAbsent ? [] : faults(part, field.type, `${at}.${key}`);
      }),
    ];
  }
  const holds: Record<string, boolean> = {
    integer: Number.isInteger(value),
    string: typeof value === 'string',
    boolean: typeof value === 'boolean',
    object: typeof value === 'object' && value !== null && !Array.isArray(value),
    date: typeof value === 'string' && RFC_3339.test(value),
  };
  return holds[type] === true ? [] : [`${at}: no ${type}: ${JSON.stringify(value)}`];
}

async function expectAnswer(answer: Response, status: string, type: FieldType | null): Promise<void> {
  const text = await answer.text();
  expect([answer.status, text === '' ? [] : faults(JSON.parse(text), type ?? 'nothing', '$')]).toEqual([
    Number(status),
    [],
  ]);
  expect(text === '').toBe(type === null);
}

const described = api.operations.filter(({ path }) => path !== '/stream');
const answers = described.flatMap((operation) =>
  Object.entries(operation.answers)
    .filter(([status]) => !NOT_TO_BE_HAD.includes(status))
    .map(([status, type]) => ({ name: `${operation.method} ${operation.path}`, operation, status, type })),
);

it.each(answers)('$name answers $status as described', async ({ operation, status, type }) => {
  await expectAnswer(await provoke(operation, status), status, type);
});

it.each(described.filter(({ tokens }) => tokens.length > 0))(
  '$method $path takes every described kind of token',
  async (operation) => {
    for (const kind of operation.tokens) {
      const token = kind.startsWith('app') ? gotify.appToken : gotify.clientToken;
      const shown = kind.endsWith('Query')
        ? { query: `?token=${token}` }
        : {
            header: kind.endsWith('AuthorizationHeader')
              ? ['Authorization', `Bearer ${token}`]
              : ['X-Gotify-Key', token],
          };
      // What was deleted with one kind is gone for the next: that it looked is the proof.
      expect([200, 404]).toContain((await provoke(operation, '200', shown)).status);
    }
  },
);

it.each(
  described.flatMap(({ path, query }) =>
    Object.entries(query).map(([name, bounds]) => ({ path, name, bounds })),
  ),
)('$path keeps the bounds of $name', async ({ path, name, bounds }) => {
  const ask = async (value: number | string) => {
    const url = `${gotify.url}${path.replace('{id}', '1')}?${name}=${value}`;
    return (await fetch(url, { headers: { 'x-gotify-key': gotify.clientToken } })).status;
  };
  const { minimum = 0, maximum } = bounds;
  expect([await ask(minimum), await ask(minimum - 1), await ask('x')]).toEqual([200, 400, 400]);
  if (maximum !== undefined) expect([await ask(maximum), await ask(maximum + 1)]).toEqual([200, 400]);
});

it('GET /stream streams messages as described to every described kind of client token, and refuses others', async () => {
  const { tokens, answers: streamed } = api.operations.find(({ path }) => path === '/stream') as Operation;
  const url = `${gotify.url.replace('http', 'ws')}/stream`;
  const open = {
    clientTokenAuthorizationHeader: () =>
      new WebSocket(url, { headers: { Authorization: `Bearer ${gotify.clientToken}` } }),
    clientTokenHeader: () => new WebSocket(url, { headers: { 'X-Gotify-Key': gotify.clientToken } }),
    clientTokenQuery: () => new WebSocket(`${url}?token=${gotify.clientToken}`),
  };
  expect(tokens).toEqual(Object.keys(open));
  for (const connect of Object.values(open)) {
    const socket = connect();
    await once(socket, 'open');
    const heard = once(socket, 'message');
    await post({ message: 'live' });
    expect(faults(JSON.parse(String((await heard)[0])), streamed['200'] ?? 'nothing', '$')).toEqual([]);
    socket.terminate();
  }
  const asked = (token: string) => fetch(`${gotify.url}/stream`, { headers: { 'x-gotify-key': token } });
  await expectAnswer(await asked(gotify.clientToken), '400', streamed['400'] ?? null);
  await expectAnswer(await asked(gotify.appToken), '401', streamed['401'] ?? null);
});
