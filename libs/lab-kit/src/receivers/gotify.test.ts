import { once } from 'node:events';
import { WebSocket } from 'ws';
import { type GotifyReceiver, startGotify } from './gotify.ts';

let gotify: GotifyReceiver;
beforeEach(async () => {
  gotify = await startGotify({ now: () => Date.parse('2026-03-14T01:07:32.410Z') });
});
afterEach(() => gotify.close());

const post = (body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${gotify.url}/message`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-gotify-key': gotify.appToken, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const get = (path: string, token = gotify.clientToken) =>
  fetch(`${gotify.url}${path}`, { headers: { 'x-gotify-key': token } });

describe('POST /message', () => {
  it('answers the stored message', async () => {
    const answer = await post({ title: 't', message: 'm', priority: 8, extras: { 'a::b': { c: 1 } } });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      id: 1,
      appid: 1,
      title: 't',
      message: 'm',
      priority: 8,
      extras: { 'a::b': { c: 1 } },
      date: '2026-03-14T01:07:32.410Z',
    });
    expect(await gotify.next()).toMatchObject({ id: 1 });
  });

  it('takes the application’s name for a blank title, and 0 for a missing priority', async () => {
    expect(await (await post({ message: 'm' })).json()).toMatchObject({ title: 'proxmox-mcp', priority: 0 });
  });

  it.each([
    [{ title: 't' }, "Field 'message' is required"],
    [{ message: '' }, "Field 'message' is required"],
    [{ message: 'm', priority: '8' }, expect.stringContaining('priority')],
    [{ message: 'm', priority: 1.5 }, expect.stringContaining('priority')],
    [{ message: 'm', extras: 'x' }, expect.stringContaining('extras')],
    ['{', expect.any(String)],
  ])('refuses %j', async (body, description) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({
      error: 'Bad Request',
      errorCode: 400,
      errorDescription: description,
    });
    expect(gotify.messages()).toEqual([]);
  });

  it('reads a body that is not called JSON as a form', async () => {
    expect((await post({ message: 'm' }, { 'content-type': 'text/plain' })).status).toBe(400);
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await post('message=hello&priority=5', form)).status).toBe(200);
  });

  it('knows its applications by header, bearer or query, and nobody else', async () => {
    expect((await post({ message: 'm' }, { 'x-gotify-key': 'A-wrong' })).status).toBe(401);
    const asClient = { 'x-gotify-key': gotify.clientToken };
    expect((await post({ message: 'm' }, asClient)).status).toBe(400);
    expect(await (await post({ message: 'm', appid: 2 }, asClient)).json()).toMatchObject({ appid: 2 });
    const body = JSON.stringify({ message: 'm' });
    const headers = {
      'content-type': 'application/json',
      authorization: `Bearer ${gotify.applications[1]?.token}`,
    };
    const bearer = await fetch(`${gotify.url}/message`, { method: 'POST', headers, body });
    expect(await bearer.json()).toMatchObject({ appid: 2, title: 'proxmox' });
  });

  it('fails as ordered, then works again', async () => {
    gotify.failNext(2, 503, { 'retry-after': '7' });
    const first = await post({ message: 'm' });
    expect([first.status, first.headers.get('retry-after')]).toEqual([503, '7']);
    expect((await post({ message: 'm' })).status).toBe(503);
    expect((await post({ message: 'm' })).status).toBe(200);
    expect(gotify.messages()).toHaveLength(1);
  });
});

describe('reading', () => {
  it('pages backwards', async () => {
    for (let i = 1; i <= 5; i++) await post({ message: `m${i}` });
    const first = JSON.parse(await (await get('/message?limit=2')).text());
    expect(first.messages.map((m: { id: number }) => m.id)).toEqual([5, 4]);
    expect(first.paging).toEqual({
      size: 2,
      limit: 2,
      since: 4,
      next: '/message?limit=2&since=4',
    });
    const last = JSON.parse(await (await get('/message?limit=3&since=4')).text());
    expect(last.messages.map((m: { id: number }) => m.id)).toEqual([3, 2, 1]);
    expect(last.paging).toEqual({ size: 3, limit: 3, since: 0 });
    expect((await get('/message?limit=201')).status).toBe(400);
    expect((await get('/message', gotify.appToken)).status).toBe(401);
  });

  it('streams to clients, and to nobody without a token', async () => {
    const url = gotify.url.replace('http', 'ws');
    const socket = new WebSocket(`${url}/stream`, { headers: { 'X-Gotify-Key': gotify.clientToken } });
    await once(socket, 'open');
    const heard = once(socket, 'message');
    await post({ message: 'live' });
    expect(JSON.parse(String((await heard)[0]))).toMatchObject({ id: 1, message: 'live' });
    socket.terminate();

    const stranger = new WebSocket(`${url}/stream?token=${gotify.appToken}`);
    const [error] = await once(stranger, 'error').catch((e: unknown) => [e]);
    expect(String(error)).toContain('401');
  });
});

it('gives each message to one next, and waits for those to come', async () => {
  await post({ message: 'a' });
  const [a, b] = [gotify.next(), gotify.next((m) => m.message === 'b')];
  await post({ message: 'c' });
  await post({ message: 'b' });
  expect((await a).message).toBe('a');
  expect((await b).message).toBe('b');
  expect((await gotify.next()).message).toBe('c');
  await expect(gotify.next(undefined, 20)).rejects.toThrow(
    'no such message within 20 ms; there are 3 messages',
  );
});
