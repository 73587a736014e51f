import { type NtfyReceiver, startNtfy } from './ntfy.ts';

let ntfy: NtfyReceiver;
beforeEach(async () => {
  ntfy = await startNtfy({ token: 'tk_lab', now: () => 1_773_450_452_000 });
});
afterEach(() => ntfy.close());

const auth = { authorization: 'Bearer tk_lab' };
const publish = (body: unknown) =>
  fetch(`${ntfy.url}/`, {
    method: 'POST',
    headers: auth,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

it('publishes JSON and answers the message', async () => {
  const answer = await publish({
    topic: 'alerts',
    title: 'tïtle',
    message: ' m ',
    priority: 4,
    tags: ['a'],
    sequence_id: 's-1',
  });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({
    id: expect.stringMatching(/^[A-Za-z0-9]{12}$/),
    time: 1_773_450_452,
    expires: 1_773_493_652,
    event: 'message',
    topic: 'alerts',
    title: 'tïtle',
    message: 'm',
    priority: 4,
    tags: ['a'],
    sequence_id: 's-1',
  });
});

it('publishes plain bodies with headers or query', async () => {
  await fetch(`${ntfy.url}/alerts?priority=high`, {
    method: 'PUT',
    headers: { ...auth, Title: 't', Tags: 'a,b' },
    body: 'm',
  });
  expect(await ntfy.next()).toMatchObject({
    topic: 'alerts',
    title: 't',
    tags: ['a', 'b'],
    priority: 4,
    message: 'm',
  });
});

it.each([
  [{ topic: 'a b', message: 'm' }, 400, 40009],
  [{ topic: 'docs', message: 'm' }, 400, 40010],
  [{ topic: 't', message: 'm', priority: 6 }, 400, 40007],
  [{ topic: 't', message: 'm', priority: 'high' }, 400, 40024],
  [{ topic: 't', message: 'x'.repeat(4_096) }, 400, 40014],
  [{ topic: 't', message: '"'.repeat(4_095) }, 413, 41303],
  ['{', 400, 40024],
])('refuses %#', async (body, status, code) => {
  const answer = await publish(body);
  expect([answer.status, await answer.json()]).toEqual([
    status,
    expect.objectContaining({ code, http: status }),
  ]);
  expect(ntfy.messages()).toEqual([]);
});

it('forbids strangers and does not know wrong tokens', async () => {
  const none = await fetch(`${ntfy.url}/alerts`, { method: 'POST', body: 'm' });
  expect([none.status, await none.json()]).toMatchObject([403, { code: 40301 }]);
  const wrong = await fetch(`${ntfy.url}/alerts`, {
    method: 'POST',
    headers: { authorization: 'Bearer no' },
    body: 'm',
  });
  expect([wrong.status, await wrong.json()]).toMatchObject([401, { code: 40101 }]);
  const basic = { authorization: `Basic ${Buffer.from(':tk_lab').toString('base64')}` };
  expect((await fetch(`${ntfy.url}/alerts`, { method: 'POST', headers: basic, body: 'm' })).status).toBe(200);
});

it('polls what is cached', async () => {
  await publish({ topic: 'a', message: '1' });
  await publish({ topic: 'b', message: '2' });
  await publish({ topic: 'a', message: '3' });
  const poll = async (path: string) => {
    const text = await (await fetch(`${ntfy.url}${path}`, { headers: auth })).text();
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line).message as string);
  };
  expect(await poll('/a/json?poll=1')).toEqual(['1', '3']);
  expect(await poll('/a,b/json?poll=1&since=latest')).toEqual(['3']);
  expect(await poll(`/a/json?poll=1&since=${ntfy.messages()[0]?.id}`)).toEqual(['3']);
  expect((await fetch(`${ntfy.url}/a/json?poll=1&since=x`, { headers: auth })).status).toBe(400);
});

it('streams from now on', async () => {
  const response = await fetch(`${ntfy.url}/a/json`, { headers: auth });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  expect(JSON.parse((await reader?.read())?.value ?? '')).toMatchObject({ event: 'open', topic: 'a' });
  await publish({ topic: 'b', message: 'other' });
  await publish({ topic: 'a', message: 'live' });
  expect(JSON.parse((await reader?.read())?.value ?? '')).toMatchObject({
    event: 'message',
    message: 'live',
  });
  await reader?.cancel();
});

it('limits publishing', async () => {
  const small = await startNtfy({ rateLimit: { limit: 1, perMs: 60_000 } });
  try {
    const send = () => fetch(`${small.url}/t`, { method: 'POST', body: 'm' });
    expect((await send()).status).toBe(200);
    const limited = await send();
    expect([limited.status, await limited.json()]).toMatchObject([429, { code: 42901 }]);
  } finally {
    await small.close();
  }
});
