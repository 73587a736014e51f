import { readFileSync } from 'node:fs';
import { startDiscord, type DiscordReceiver } from './discord.ts';

/** One operation of the published description of Discord's API, by `answers`: status → `kind Shape`. */
interface Operation {
  readonly method: string;
  readonly path: string;
  readonly needsBot: boolean;
  readonly query?: Readonly<Record<string, string>>;
  readonly answers: Readonly<Record<string, string>>;
}
interface Published {
  readonly rateLimitHeaders: readonly string[];
  readonly form: Readonly<Record<string, string>>;
  readonly operations: readonly Operation[];
  /** Field (`?`: may be absent) → kinds, then a shape, `snowflake` or `date-time`. */
  readonly shapes: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const published = JSON.parse(
  readFileSync(new URL('../../recorded/discord-v10.json', import.meta.url), 'utf8'),
) as Published;

/** Where a body differs from what is published: a field that must be there, one that nobody knows, a wrong kind. */
function differences(value: unknown, wanted: string, where: string): string[] {
  const [kinds = '', more] = wanted.split(' ');
  const kind = kindOf(value);
  const isAllowed = kinds
    .split('|')
    .some((k) => k === 'any' || k === kind || (k === 'number' && kind === 'integer'));
  if (!isAllowed) return [`${where}: published ${kinds}, ours ${kind}`];
  if (more === 'snowflake' && typeof value === 'string' && !/^\d{17,20}$/.test(value))
    return [`${where}: no snowflake`];
  if (more === 'date-time' && typeof value === 'string' && Number.isNaN(Date.parse(value)))
    return [`${where}: no time`];
  if (Array.isArray(value)) return value.flatMap((item, i) => fieldsOf(item, more, `${where}[${i}]`));
  return fieldsOf(value, more, where);
}

function fieldsOf(value: unknown, name: string | undefined, where: string): string[] {
  const shape = name === undefined ? undefined : published.shapes[name];
  if (shape === undefined || typeof value !== 'object' || value === null) return [];
  const fields = new Map(Object.entries(shape).map(([key, kinds]) => [key.replace('?', ''), kinds]));
  const missing = Object.keys(shape).filter((key) => !key.endsWith('?') && !(key in value));
  return [
    ...missing.map((key) => `${where}.${key}: published, ours lacks it`),
    ...Object.entries(value).flatMap(([key, item]) => {
      const wanted = fields.get(key);
      return wanted === undefined
        ? [`${where}.${key}: ours, not published`]
        : differences(item, wanted, `${where}.${key}`);
    }),
  ];
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

const EMBED = {
  title: 'a title',
  description: 'd',
  color: 1,
  timestamp: '2026-03-14T01:07:31Z',
  footer: { text: 'f' },
  author: { name: 'a' },
  fields: [{ name: 'n', value: 'v' }],
};

const ROOMY = { limit: 50, perMs: 10_000 };

let discord: DiscordReceiver;
let messageId: string;
beforeEach(async () => {
  discord = await startDiscord({ rateLimit: ROOMY, readLimit: ROOMY });
  messageId = await post({ content: 'hello', embeds: [EMBED] });
  discord.say('a person');
});
afterEach(() => discord.close());

async function post(body: object): Promise<string> {
  const answer = await fetch(`${discord.webhookUrl}?wait=true`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (JSON.parse(await answer.text()) as { id: string }).id;
}

interface Asked {
  readonly query?: string;
  readonly bot?: string | undefined;
  readonly change?: (path: string) => string;
}

/** Calls an operation with good values in its path, unless `change` says otherwise. */
async function ask({ method, path }: Operation, { query = '', bot, change = (p) => p }: Asked) {
  const token = discord.webhookUrl.slice(discord.webhookUrl.lastIndexOf('/') + 1);
  const values: Record<string, string> = {
    webhook_id: discord.webhookId,
    webhook_token: token,
    message_id: messageId,
    channel_id: discord.channelId,
  };
  const filled = change(path).replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? name);
  const hasBody = method === 'POST' || method === 'PATCH';
  const answer = await fetch(`${discord.apiUrl}/v10${filled}${query}`, {
    method,
    headers: {
      ...(bot === undefined ? {} : { authorization: bot }),
      ...(hasBody ? { 'content-type': 'application/json' } : {}),
    },
    ...(hasBody ? { body: JSON.stringify({ content: 'x', embeds: [EMBED] }) } : {}),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    body: text === '' ? undefined : (JSON.parse(text) as unknown),
  };
}
type Answered = Awaited<ReturnType<typeof ask>>;

function expectPublished({ answers }: Operation, { status, body }: Answered): void {
  const wanted = answers[String(status)] ?? (status >= 400 ? answers['4XX'] : undefined);
  expect([status, wanted]).toEqual([status, expect.any(String)]);
  if (wanted === 'none') expect(body).toBeUndefined();
  else expect(differences(body, wanted ?? '', 'answer')).toEqual([]);
}

const named = published.operations.map((operation) => ({
  ...operation,
  name: `${operation.method} ${operation.path}`,
}));

describe.each(named)('$name', (operation) => {
  const bot = () => (operation.needsBot ? `Bot ${discord.botToken}` : undefined);

  it('answers what is published', async () => {
    for (const query of operation.method === 'POST' ? ['', '?wait=true'] : ['']) {
      const answer = await ask(operation, { query, bot: bot() });
      expect(answer.status).toBeLessThan(300);
      expectPublished(operation, answer);
      for (const header of published.rateLimitHeaders)
        expect([header, answer.headers.has(header)]).toEqual([header, true]);
    }
  });

  it('refuses as published: strangers, unknown things, values out of bounds', async () => {
    const refused: Answered[] = [];
    if (operation.needsBot) {
      refused.push(await ask(operation, {}), await ask(operation, { bot: 'Bot wrong' }));
      refused.push(await ask(operation, { bot: `Bearer ${discord.botToken}` }));
      expect(refused.map(({ status }) => status)).toEqual([401, 401, 401]);
    }
    for (const [, name = ''] of operation.path.matchAll(/\{(\w+)\}/g)) {
      const answer = await ask(operation, { bot: bot(), change: (path) => path.replace(`{${name}}`, '1') });
      expect([name, answer.status]).toEqual([name, name === 'webhook_token' ? 401 : 404]);
      refused.push(answer);
    }
    for (const [key, wanted] of Object.entries(operation.query ?? {})) {
      const bounds = /(\d+)\.\.(\d+)$/.exec(wanted);
      const bad = bounds
        ? [Number(bounds[1]) - 1, Number(bounds[2]) + 1, 'x']
        : wanted.endsWith('snowflake')
          ? ['x']
          : [];
      for (const value of bad) {
        const answer = await ask(operation, { bot: bot(), query: `?${key}=${value}` });
        expect([key, value, answer.status]).toEqual([key, value, 400]);
        refused.push(answer);
      }
    }
    for (const answer of refused) expectPublished(operation, answer);
  });

  it('limits the rate as published', async () => {
    for (let i = 0; i < 100; i++) {
      const answer = await ask(operation, { bot: bot() });
      if (answer.status !== 429) continue;
      expectPublished(operation, answer);
      for (const header of [...published.rateLimitHeaders, 'retry-after']) {
        expect([header, answer.headers.has(header)]).toEqual([header, true]);
      }
      return;
    }
    throw new Error('never limited');
  });
});

/** The form with one value of this length, count or size at a path like `embeds/0/title`. */
function formWith(path: string, limit: string, beyond: number): object {
  const [kind = '', size = ''] = limit.split(' ');
  const count = Number(size.split('..').at(-1)) + beyond;
  const item = path === 'embeds' ? { title: 't' } : { name: 'n', value: 'v' };
  const value =
    kind === 'length'
      ? 'x'.repeat(count)
      : kind === 'items'
        ? Array.from({ length: count }, () => item)
        : count;
  const keys = path.split('/');
  const inner = keys.reduceRight<unknown>(
    (made, key) => (/^\d+$/.test(key) ? [made] : { [key]: made }),
    value,
  );
  const form = inner as { embeds?: unknown; content?: unknown };
  if (/fields\/0/.test(path)) {
    const field = { name: 'n', value: 'v', ...((form.embeds as { fields: object[] }[])[0]?.fields[0] ?? {}) };
    return { embeds: [{ fields: [field] }] };
  }
  return {
    ...(form.content === undefined && path === 'username' ? { content: 'x' } : {}),
    ...(inner as object),
  };
}

it.each(Object.entries(published.form))(
  'takes a form whose %s has %s, and refuses one more there',
  async (path, limit) => {
    const send = async (beyond: number) => {
      const answer = await fetch(discord.webhookUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(formWith(path, limit, beyond)),
      });
      const text = await answer.text();
      return { status: answer.status, text };
    };
    expect(await send(0)).toEqual({ status: 204, text: '' });
    const refused = await send(1);
    expect(refused.status).toBe(400);
    const body = JSON.parse(refused.text) as { code: number; errors: unknown };
    expect(body.code).toBe(50035);
    const at = path
      .split('/')
      .reduce<unknown>((errors, key) => (errors as Record<string, unknown>)[key], body.errors);
    expect(at).toMatchObject({ _errors: [{ code: expect.any(String), message: expect.any(String) }] });
  },
);
