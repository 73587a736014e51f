import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkGotify, GotifyConfig } from '@proxmox-mcp/ingest-gotify';
import { makeCertificate, startGotify, type GotifyReceiver } from '@proxmox-mcp/lab-kit';

const certificate = makeCertificate('gotify', new Date(Date.now() - 3_600_000));
const TOKEN = 'C-lab.gotify';

let open: { close(): unknown }[];
beforeEach(() => {
  open = [];
});
afterEach(async () => {
  for (const each of open) await each.close();
});

async function gotify(options: Parameters<typeof startGotify>[0] = {}): Promise<GotifyReceiver> {
  const started = await startGotify(options);
  open.push(started);
  return started;
}

/** Something at the address that is no Gotify. */
async function server(answer: RequestListener): Promise<string> {
  const listening: Server = createServer(answer).listen(0, '127.0.0.1');
  open.push({ close: () => (listening.closeAllConnections(), listening.close()) });
  await once(listening, 'listening');
  // A TCP server's address is never a pipe name.
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

function check(url: string, settings: Record<string, string> = {}) {
  const config = { GOTIFY_IN_SERVER_URL: url, GOTIFY_IN_CLIENT_TOKEN: TOKEN, ...settings };
  return checkGotify(GotifyConfig.parse(config), AbortSignal.timeout(20_000));
}

it('passes for a server whose certificate is pinned, or signed by the authority named', async () => {
  const { url } = await gotify({ certificate });
  const folder = await mkdtemp(join(tmpdir(), 'proxmox-mcp-ca-'));
  try {
    await writeFile(join(folder, 'ca.pem'), certificate.cert);
    for (const settings of [
      { GOTIFY_IN_FINGERPRINT: certificate.fingerprint.toLowerCase() },
      { GOTIFY_IN_CA_FILE: join(folder, 'ca.pem') },
    ]) {
      const checks = await check(url, { ...settings, GOTIFY_IN_APP_IDS: '1, 2' });
      expect(checks.map(({ status }) => status)).toEqual(['passed', 'passed']);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('names the fingerprint that was seen where a certificate is not trusted, and warns where none is checked', async () => {
  const { url } = await gotify({ certificate });
  const pin = `GOTIFY_IN_FINGERPRINT=${certificate.fingerprint}`;
  const foreign = makeCertificate('other', new Date()).fingerprint;
  for (const settings of [{}, { GOTIFY_IN_FINGERPRINT: foreign }]) {
    expect(await check(url, settings as Record<string, string>)).toMatchObject([
      { status: 'failed', fix: expect.stringContaining(pin) },
    ]);
  }
  const unchecked = await check(url, { GOTIFY_IN_VERIFY_SSL: 'no' });
  expect(unchecked.map(({ status }) => status)).toEqual(['passed', 'warned', 'passed']);
});

it.each<[string, RequestListener, string, string]>([
  ['a page', (_q, s) => s.end('<html>hello</html>'), 'not one of Gotify', 'GOTIFY_IN_SERVER_URL'],
  ['nothing', (_q, s) => s.writeHead(404).end(), 'HTTP 404', 'without /message or /stream'],
  [
    'a redirect',
    (_q, s) => s.writeHead(301, { location: 'https://gotify.example.net/version?x' }).end(),
    'HTTP 301',
    'GOTIFY_IN_SERVER_URL=https://gotify.example.net',
  ],
  ['a broken server', (_q, s) => s.writeHead(502).end(), 'HTTP 502', 'proxy'],
  ['a cut connection', (q) => q.socket.destroy(), 'no connection', 'GOTIFY_IN_SERVER_URL'],
])('says what to change where %s is at the address', async (_what, answer, cause, fix) => {
  const [failed] = await check(await server(answer));
  expect(failed).toMatchObject({ status: 'failed', cause: expect.stringContaining(cause) });
  expect(failed?.fix).toContain(fix);
});

it('says what to change where nobody listens, or plain HTTP is spoken', async () => {
  const { url, close } = await gotify();
  expect(await check(url.replace('http:', 'https:'))).toMatchObject([
    { status: 'failed', fix: expect.stringContaining('http://') },
  ]);
  await close();
  expect(await check(url)).toMatchObject([{ status: 'failed', cause: 'connection refused' }]);
});

it('tells an application’s token from a client’s, and an application that does not exist', async () => {
  const { url, appToken } = await gotify();
  expect(await check(url, { GOTIFY_IN_CLIENT_TOKEN: appToken })).toMatchObject([
    {
      status: 'failed',
      cause: expect.stringContaining('application'),
      fix: expect.stringContaining('client'),
    },
  ]);
  expect(await check(url, { GOTIFY_IN_APP_IDS: '2,77' })).toMatchObject([
    { status: 'passed' },
    { status: 'failed', what: expect.stringContaining('application 77') },
    { status: 'passed' },
  ]);
});

it('warns where no stream can be had', async () => {
  const { url, refuseStreams } = await gotify();
  refuseStreams(400);
  expect(await check(url)).toMatchObject([
    { status: 'passed' },
    { status: 'warned', cause: expect.stringContaining('400') },
  ]);
});

it('shows the token in a header and in no URL', async () => {
  const { url: target } = await gotify();
  const seen: { url: string; key: string }[] = [];
  const note: RequestListener = (request, response) => {
    seen.push({ url: request.url ?? '', key: String(request.headers['x-gotify-key']) });
    void fetch(`${target}${request.url}`, { headers: { 'x-gotify-key': TOKEN } }).then(async (answer) =>
      response.writeHead(answer.status).end(await answer.text()),
    );
  };
  const listening = createServer(note).listen(0, '127.0.0.1');
  listening.on('upgrade', (request, socket) => {
    seen.push({ url: request.url ?? '', key: String(request.headers['x-gotify-key']) });
    socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n');
  });
  open.push({ close: () => (listening.closeAllConnections(), listening.close()) });
  await once(listening, 'listening');
  await check(`http://127.0.0.1:${(listening.address() as AddressInfo).port}/`);
  expect(seen.map(({ url }) => url)).toEqual(['/version', '/message?limit=1', '/application', '/stream']);
  expect(new Set(seen.map(({ key }) => key))).toEqual(new Set([TOKEN]));
});

it('looks at nothing where no Gotify is to be read, and wants both settings where one is there', async () => {
  expect(await checkGotify(GotifyConfig.parse({}), AbortSignal.timeout(1_000))).toEqual([]);
  const keys = (settings: object) =>
    GotifyConfig.safeParse(settings).error?.issues.map(({ path }) => path[0]);
  expect(keys({ GOTIFY_IN_ENABLED: 'true' })).toEqual(['GOTIFY_IN_SERVER_URL', 'GOTIFY_IN_CLIENT_TOKEN']);
  expect(keys({ GOTIFY_IN_SERVER_URL: 'https://g.example' })).toEqual(['GOTIFY_IN_CLIENT_TOKEN']);
  expect(keys({ GOTIFY_IN_ENABLED: 'no', GOTIFY_IN_CLIENT_TOKEN: 'C' })).toBeUndefined();
  expect(keys({ GOTIFY_IN_ENABLED: 'no', GOTIFY_IN_APP_IDS: '1,x' })).toEqual(['GOTIFY_IN_APP_IDS']);
  expect(keys({ GOTIFY_IN_ENABLED: 'no', GOTIFY_IN_SERVER_URL: 'https://u:p@g.example' })).toEqual([
    'GOTIFY_IN_SERVER_URL',
  ]);
});
