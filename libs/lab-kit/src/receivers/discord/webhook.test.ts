import { type DiscordReceiver, startDiscord } from './discord.ts';

let discord: DiscordReceiver;
beforeEach(async () => {
  discord = await startDiscord({ now: () => Date.parse('2026-03-14T01:07:32.410Z') });
});
afterEach(() => discord.close());

const post = (body: unknown, query = '?wait=true', type = 'application/json') =>
  fetch(`${discord.webhookUrl}${query}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const tooLong = (max: number) => ({
  _errors: [{ code: 'BASE_TYPE_MAX_LENGTH', message: `Must be ${max} or fewer in length.` }],
});

it('answers the message when waited for, else 204', async () => {
  const answer = await post({ content: ' hello ', embeds: [{ description: 'd' }] });
  expect(answer.status).toBe(200);
  const message = JSON.parse(await answer.text());
  expect(message).toMatchObject({
    content: 'hello',
    embeds: [{ type: 'rich', description: 'd' }],
    webhook_id: discord.webhookId,
    timestamp: '2026-03-14T01:07:32.410000+00:00',
  });
  expect(Number((BigInt(message.id) >> 22n) + 1_420_070_400_000n)).toBe(
    Date.parse('2026-03-14T01:07:32.410Z'),
  );
  const silent = await post({ content: 'x' }, '');
  expect([silent.status, await silent.text()]).toEqual([204, '']);
  expect(discord.messages()).toHaveLength(2);
});

it.each([
  [{ content: 'x'.repeat(2_001) }, { content: tooLong(2_000) }],
  [{ embeds: [{ title: 'x'.repeat(257) }] }, { embeds: { 0: { title: tooLong(256) } } }],
  [{ embeds: [{ description: 'x'.repeat(4_097) }] }, { embeds: { 0: { description: tooLong(4_096) } } }],
  [{ embeds: Array.from({ length: 11 }, () => ({ title: 'x' })) }, { embeds: tooLong(10) }],
  [
    { embeds: [{ fields: [{ name: 'n', value: 'x'.repeat(1_025) }] }] },
    { embeds: { 0: { fields: { 0: { value: tooLong(1_024) } } } } },
  ],
  [
    { embeds: [{ description: 'x'.repeat(4_000) }, { description: 'x'.repeat(2_001) }] },
    {
      embeds: {
        _errors: [{ code: 'MAX_EMBED_SIZE_EXCEEDED', message: 'Embed size exceeds maximum size of 6000' }],
      },
    },
  ],
])('refuses what is too large (%#) with Discord’s form error', async (body, errors) => {
  const answer = await post(body);
  expect(answer.status).toBe(400);
  expect(await answer.json()).toEqual({ message: 'Invalid Form Body', code: 50035, errors });
  expect(discord.messages()).toEqual([]);
});

it('refuses empty messages, JSON that is none, and other media types', async () => {
  expect(await (await post({ content: '  ' })).json()).toEqual({
    message: 'Cannot send an empty message',
    code: 50006,
  });
  expect(await (await post('{')).json()).toMatchObject({ code: 50109 });
  expect((await post({ content: 'x' }, '', 'text/plain')).status).toBe(400);
});

it('knows its webhook, and tells a wrong id from a wrong token', async () => {
  const at = (path: string) => fetch(`${discord.url}${path}`, { method: 'POST' });
  expect(await (await at('/api/webhooks/1/x')).json()).toEqual({ message: 'Unknown Webhook', code: 10015 });
  const wrong = await at(`/api/webhooks/${discord.webhookId}/x`);
  expect([wrong.status, await wrong.json()]).toEqual([
    401,
    { message: 'Invalid Webhook Token', code: 50027 },
  ]);
});

it('limits the rate, and says when to return', async () => {
  for (let i = 0; i < 5; i++) expect((await post({ content: 'x' })).status).toBe(200);
  const limited = await post({ content: 'x' });
  expect(limited.status).toBe(429);
  const body = JSON.parse(await limited.text());
  expect(body).toEqual({
    message: 'You are being rate limited.',
    code: 0,
    retry_after: expect.any(Number),
    global: false,
  });
  expect(body.retry_after).toBeGreaterThan(0);
  expect(Number(limited.headers.get('retry-after'))).toBe(Math.ceil(body.retry_after));
  expect(limited.headers.get('x-ratelimit-remaining')).toBe('0');
});

it('edits and deletes a message in place', async () => {
  const { id } = JSON.parse(await (await post({ content: 'open' })).text());
  const url = `${discord.webhookUrl}/messages/${id}`;
  const edited = await fetch(url, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ content: 'over' }),
  });
  expect(await edited.json()).toMatchObject({ id, content: 'over', edited_timestamp: expect.any(String) });
  expect((await fetch(url, { method: 'DELETE' })).status).toBe(204);
  expect((await fetch(url)).status).toBe(404);
});

it('pings everyone unless told not to', async () => {
  await post({ content: '@everyone' });
  await post({ content: '@everyone', allowed_mentions: { parse: [] } });
  expect(discord.messages().map((message) => message.mention_everyone)).toEqual([true, false]);
});
