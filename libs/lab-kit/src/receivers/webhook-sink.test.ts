import { createHmac } from 'node:crypto';
import { startWebhookSink } from './webhook-sink.ts';

const NOW = 1_773_450_452_000;
const sign = (timestamp: string, body: string) =>
  `sha256=${createHmac('sha256', 'key').update(`${timestamp}.${body}`).digest('hex')}`;

it('remembers what was posted', async () => {
  const sink = await startWebhookSink({ token: 't' });
  try {
    const headers = { 'content-type': 'application/json', authorization: 'Bearer t' };
    const answer = await fetch(`${sink.url}/a/b`, { method: 'POST', headers, body: '{"x":1}' });
    expect(answer.status).toBe(202);
    expect(await sink.next()).toMatchObject({ path: '/a/b', json: { x: 1 }, body: '{"x":1}' });
    expect((await fetch(sink.url, { method: 'POST', body: 'x' })).status).toBe(401);
    expect((await fetch(sink.url)).status).toBe(405);
    expect((await fetch(sink.url, { method: 'POST', headers, body: '{' })).status).toBe(400);
    sink.failNext(1, 429, { 'retry-after': '3' });
    expect((await fetch(sink.url, { method: 'POST', headers, body: '{}' })).headers.get('retry-after')).toBe(
      '3',
    );
    expect(sink.messages()).toHaveLength(1);
  } finally {
    await sink.close();
  }
});

it('refuses unsigned, wrongly signed and old posts', async () => {
  const sink = await startWebhookSink({ secret: 'key', now: () => NOW });
  try {
    const body = '{"a":1}';
    const post = async (timestamp: string, signature: string) =>
      (
        await fetch(sink.url, {
          method: 'POST',
          headers: { 'x-proxmox-mcp-timestamp': timestamp, 'x-proxmox-mcp-signature': signature },
          body,
        })
      ).status;
    const now = String(NOW / 1_000);
    const old = String(NOW / 1_000 - 301);
    expect(await post(now, sign(now, body))).toBe(202);
    expect(await post(now, sign(now, '{}'))).toBe(401);
    expect(await post(old, sign(old, body))).toBe(401);
    expect((await fetch(sink.url, { method: 'POST', body })).status).toBe(401);
  } finally {
    await sink.close();
  }
});
