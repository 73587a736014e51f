import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { makeCertificate, type TestCertificate } from '@proxmox-mcp/proxmox-client/testing';
import { createConnections, type Connections } from './connections.ts';
import { openTlsSource, type TlsSource } from './source-tls.ts';
import { TlsFilesError } from './tls-files.ts';

let folder: string;
let connections: Connections;
let source: TlsSource | undefined;
let heard: string[];
let refused: string[];
let certificates: (string | undefined)[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proxmox-mcp-tls-'));
  heard = [];
  refused = [];
  certificates = [];
  connections = createConnections({
    now: Date.now,
    onMessage: (transport, { bytes }) => heard.push(`${transport} ${bytes.toString()}`),
    onClosed: () => undefined,
    isCrowded: () => false,
  });
});
afterEach(async () => {
  await Promise.all([source?.close(), connections.close()]);
  source = undefined;
  await rm(folder, { recursive: true, force: true });
});

const at = (name: string) => join(folder, name);

async function put({ cert, key }: TestCertificate): Promise<void> {
  // As a renewal does: written beside, then renamed.
  for (const [name, text] of [
    ['key.pem', key],
    ['cert.pem', cert],
  ] as const) {
    await writeFile(at(`${name}.new`), text);
    await rename(at(`${name}.new`), at(name));
  }
}

async function open(caFile?: string): Promise<TlsSource> {
  source = await openTlsSource({
    host: '127.0.0.1',
    port: 0,
    connections,
    now: Date.now,
    files: {
      certFile: at('cert.pem'),
      keyFile: at('key.pem'),
      ...(caFile === undefined ? {} : { caFile }),
    },
    onRefused: (code) => refused.push(code),
    onCertificate: (trouble) => certificates.push(trouble?.message),
    onError: (err) => {
      throw err;
    },
  });
  return source;
}

async function dial(ca: TestCertificate, more: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({
    host: '127.0.0.1',
    port: source?.port ?? 0,
    ca: ca.cert,
    servername: 'localhost',
    ...more,
  });
  await once(socket, 'secureConnect');
  return socket;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

it('reads counted frames and lines, and nothing older than TLS 1.2', async () => {
  const certificate = makeCertificate();
  await put(certificate);
  await open();
  (await dial(certificate)).end('4 <1>a5 <2>bc');
  (await dial(certificate, { maxVersion: 'TLSv1.2' })).end('<3>d\n<4>e\n');
  await until(() => heard.length === 4);
  expect(heard.sort()).toEqual(['tls <1>a', 'tls <2>bc', 'tls <3>d', 'tls <4>e']);
  const old = dial(certificate, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' });
  await expect(old).rejects.toThrow();
  await until(() => refused.length === 1);
  expect(refused[0]).toMatch(/PROTOCOL|VERSION/);
});

it('hears only senders with a certificate where authorities are named', async () => {
  const [certificate, sender, stranger] = [
    makeCertificate(),
    makeCertificate({ name: 'pve1' }),
    makeCertificate({ name: 'pve1' }),
  ];
  await put(certificate);
  await writeFile(at('ca.pem'), sender.cert);
  await open(at('ca.pem'));
  for (const [who, text] of [
    [undefined, '<1>nobody\n'],
    [stranger, '<1>stranger\n'],
  ] as const) {
    const known = refused.length;
    const socket = await dial(certificate, who && { cert: who.cert, key: who.key });
    socket.on('error', () => undefined).resume();
    socket.write(text);
    await until(() => refused.length > known);
  }
  (await dial(certificate, { cert: sender.cert, key: sender.key })).end('<1>ours\n');
  await until(() => heard.length > 0);
  expect(heard).toEqual(['tls <1>ours']);
});

it('takes up a renewed certificate, keeps the old one while the new cannot be used, and its connections throughout', async () => {
  const [first, second] = [makeCertificate(), makeCertificate()];
  await put(first);
  const { refresh } = await open();
  const before = await dial(first);
  await refresh();
  expect(certificates).toEqual([]);
  await writeFile(at('key.pem'), second.key);
  await refresh();
  expect(certificates).toHaveLength(1);
  expect(certificates[0]).toContain('cert.pem');
  expect((await dial(first)).getPeerX509Certificate()?.fingerprint256).toBe(first.fingerprint);
  await put(second);
  await refresh();
  expect(certificates.slice(1)).toEqual([undefined]);
  expect((await dial(second)).getPeerX509Certificate()?.fingerprint256).toBe(second.fingerprint);
  before.end('<1>still here\n');
  await until(() => heard.length === 1);
});

it('says that the certificate ran out, and does not start without one', async () => {
  await expect(open()).rejects.toThrow(TlsFilesError);
  const old = makeCertificate({ endsAt: Date.now() - 60_000 });
  await put(old);
  await open();
  expect(certificates[0]).toMatch(/cert\.pem ran out on /);
  await writeFile(at('key.pem'), 'secret nonsense');
  await source?.refresh();
  expect(certificates.at(-1)).not.toContain('secret');
});
