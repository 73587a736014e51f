import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { post } from '../testing/clients.ts';
import { startGateway } from '../testing/start-gateway.ts';
import { createToken, listTokens } from './tokens.ts';

it('makes a token named local on a first start on loopback, and tells it once and nowhere else', async () => {
  await using gateway = await startGateway();
  expect(gateway.announced).toEqual([
    `Gateway: ${gateway.url}`,
    expect.stringMatching(/^Token: pmx_[0-9a-f]{12}_/),
  ]);
  const secret = (gateway.announced[1] ?? '').replace('Token: ', '');
  const answer = await post(gateway.url, '/api/v1/tools/notify_send', {
    token: secret,
    body: { title: 'x' },
  });
  expect(answer).toMatchObject({ status: 403, body: { code: 'permission' } });

  const file = join(gateway.dataDir, 'tokens.json');
  expect(await listTokens(file)).toMatchObject([{ name: 'local', scopes: ['read'] }]);
  expect(await readFile(file, 'utf8')).not.toContain(secret);
  expect((await stat(file)).mode & 0o077).toBe(0);
  expect(JSON.stringify([gateway.logged, gateway.details()])).not.toContain(secret);
  expect(gateway.details()).toMatchObject({ url: gateway.url });
});

it('makes none when GATEWAY_TOKEN is set', async () => {
  await using gateway = await startGateway({ GATEWAY_TOKEN: 'something-long-enough' });
  expect(gateway.announced).toEqual([`Gateway: ${gateway.url}`]);
});

it('refuses to start without a token where others can reach it, naming the settings', async () => {
  await expect(startGateway({ GATEWAY_HOST: '0.0.0.0' })).rejects.toMatchObject({
    name: 'NoTokenError',
    message: expect.stringMatching(/GATEWAY_TOKEN.*token create.*GATEWAY_HOST/),
  });
});

it('starts there with a token', async () => {
  await using gateway = await startGateway({
    GATEWAY_HOST: '0.0.0.0',
    GATEWAY_TOKEN: 'something-long-enough',
  });
  expect(gateway.url).toMatch(/^http:\/\/localhost:\d+$/);
});

it('keeps every token when many are made at once', async () => {
  await using gateway = await startGateway({ GATEWAY_TOKEN: 'something-long-enough' });
  const file = join(gateway.dataDir, 'tokens.json');
  const names = Array.from({ length: 8 }, (_, i) => `t${i}`);
  await Promise.all(names.map((name) => createToken(file, { name, scopes: ['read'] })));
  expect((await listTokens(file)).map((token) => token.name).sort()).toEqual(names);
});

it.each([
  [{ name: 'x y', scopes: ['read'] }],
  [{ name: 'ok', scopes: ['root'] }],
  [{ name: 'ok', scopes: [] }],
])('refuses to make %j', async (options) => {
  await expect(createToken('/nonexistent/tokens.json', options)).rejects.toMatchObject({
    name: 'TokenFileError',
  });
});

it('lowers every token to GATEWAY_TIER where that is set', async () => {
  await using gateway = await startGateway({ GATEWAY_TOKEN: 'something-long-enough', GATEWAY_TIER: 'read' });
  const { secret } = await createToken(join(gateway.dataDir, 'tokens.json'), {
    name: 'op',
    scopes: ['operate'],
  });
  const answer = await post(gateway.url, '/api/v1/tools/notify_send', {
    token: secret,
    body: { title: 'x' },
  });
  expect(answer).toMatchObject({
    status: 403,
    body: { message: expect.stringContaining('this token has read') },
  });
});
