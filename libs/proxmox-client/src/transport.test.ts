import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { makeCertificate } from './testing/certificate.ts';
import { jsonReply, textReply, type Reply } from './testing/fake-host.ts';
import { rejection, useLab } from './testing/use-lab.ts';

const lab = useLab();
const VERSION = { data: { version: '9.2.11', release: '9.2', repoid: 'x' } };
const ok = (): Reply => jsonReply(VERSION);
const partOf = (text: string): Reply => ({ send: text, thenClose: true });

describe('connections', () => {
  it('are kept and used again', async () => {
    const host = await lab.host();
    host.answer(ok);
    const client = await lab.pve({}, { maxInFlight: 1 });
    for (let n = 0; n < 20; n += 1) await client.version();
    expect(host.requests).toHaveLength(20);
    expect(host.connections).toBe(1);
  });

  it('carry at most maxInFlight requests at once, the others wait their turn', async () => {
    const host = await lab.host();
    let open = 0;
    let most = 0;
    host.answer(async () => {
      open += 1;
      most = Math.max(most, open);
      await new Promise((resolve) => setImmediate(resolve));
      open -= 1;
      return ok();
    });
    const client = await lab.pve({}, { maxInFlight: 3 });
    await Promise.all(Array.from({ length: 30 }, () => client.version()));
    expect(host.requests).toHaveLength(30);
    expect(most).toBeLessThanOrEqual(3);
    expect(host.connections).toBeLessThanOrEqual(3);
  });

  it('refuse a call when too many wait already', async () => {
    const host = await lab.host();
    host.answer(() => ({ hang: true }));
    const client = await lab.pve({}, { maxInFlight: 1, maxQueued: 1 });
    const control = new AbortController();
    const first = rejection(client.get('/version', {}, { signal: control.signal }));
    const second = rejection(client.get('/version', {}, { signal: control.signal }));
    expect(await rejection(client.version())).toMatchObject({ kind: 'busy', retryable: true });
    control.abort();
    expect(await first).toMatchObject({ kind: 'aborted' });
    expect(await second).toMatchObject({ kind: 'aborted' });
  });

  it('are dropped by close, also under calls', async () => {
    const host = await lab.host();
    const arrived = new Promise<void>((resolve) => {
      host.answer(() => {
        resolve();
        return { hang: true };
      });
    });
    const client = await lab.pve();
    const call = rejection(client.version());
    await arrived;
    await client.close();
    expect(await call).toMatchObject({ kind: 'closed' });
    expect(await rejection(client.version())).toMatchObject({ kind: 'closed' });
  });
});

describe('trust', () => {
  it('goes to the pinned certificate, however the fingerprint is written', async () => {
    const host = await lab.host();
    host.answer(ok);
    const fingerprint = host.fingerprint.replaceAll(':', '').toLowerCase();
    const client = await lab.pve({ tls: { kind: 'pin', fingerprint } });
    expect(await client.version()).toMatchObject({ version: '9.2.11' });
  });

  it('sends not a byte to another certificate and names both fingerprints', async () => {
    const host = await lab.host();
    host.answer(ok);
    const expected = makeCertificate().fingerprint;
    const client = await lab.pve({ tls: { kind: 'pin', fingerprint: expected } });
    const error = await rejection(client.version());
    expect(error).toMatchObject({
      kind: 'fingerprint',
      expectedFingerprint: expected,
      seenFingerprint: host.fingerprint,
      retryable: false,
      message: `lab: GET /version: certificate fingerprint is ${host.fingerprint}, expected ${expected}`,
    });
    expect(host.requests).toHaveLength(0);
  });

  it('is refused for a pin that is no fingerprint', async () => {
    const client = await lab.pve({ tls: { kind: 'pin', fingerprint: '' } });
    expect(await rejection(client.version())).toMatchObject({ kind: 'fingerprint' });
  });

  it('is refused to a stranger by default, saying what could be pinned', async () => {
    const host = await lab.host();
    const client = await lab.pve({ tls: { kind: 'verify' } });
    const error = await rejection(client.version());
    expect(error).toMatchObject({ kind: 'tls', seenFingerprint: host.fingerprint });
    expect(error).toHaveProperty('detail', expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT'));
    expect(host.requests).toHaveLength(0);
  });

  describe('with a certificate authority in a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ca-'));
    afterAll(() => rmSync(folder, { recursive: true }));
    const withCa = async (certificate: ReturnType<typeof makeCertificate>) => {
      const host = await lab.anotherHost(certificate);
      host.answer(ok);
      const caFile = join(folder, `${host.port}.pem`);
      writeFileSync(caFile, certificate.cert);
      const client = await lab.pve({
        tls: { kind: 'verify', caFile },
        endpoints: [{ host: '127.0.0.1', port: host.port }],
      });
      return { host, client };
    };

    it('is given to a certificate it signed', async () => {
      const { client } = await withCa(makeCertificate());
      expect(await client.version()).toMatchObject({ version: '9.2.11' });
    });

    it('is refused to an expired one', async () => {
      const { host, client } = await withCa(makeCertificate({ endsAt: Date.now() - 60_000 }));
      expect(await rejection(client.version())).toMatchObject({
        kind: 'tls',
        detail: expect.stringContaining('CERT_HAS_EXPIRED'),
      });
      expect(host.requests).toHaveLength(0);
    });

    it('is refused when the file cannot be read', async () => {
      const client = await lab.pve({ tls: { kind: 'verify', caFile: join(folder, 'none.pem') } });
      expect(await rejection(client.version())).toMatchObject({ kind: 'tls' });
    });
  });

  it('is given to anybody only when asked for, with one warning', async () => {
    const host = await lab.host();
    host.answer(ok);
    const warnings: string[] = [];
    const log = { warn: (_: object, message: string) => warnings.push(message), debug: () => undefined };
    const client = await lab.pve({ tls: { kind: 'insecure' } }, { log });
    await client.version();
    await client.version();
    expect(warnings).toEqual(['certificate of the host is not checked, as configured']);
  });

  it('is refused to a port that does not speak TLS', async () => {
    const port = await lab.tcpPort((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const client = await lab.pve({ endpoints: [{ host: '127.0.0.1', port }] });
    expect(await rejection(client.version())).toMatchObject({ kind: 'tls' });
  });
});

describe('trouble on the line', () => {
  it('is unreachable when refused, after the retries', async () => {
    const client = await lab.pve({ endpoints: [{ host: '127.0.0.1', port: await lab.tcpPort() }] });
    const error = await rejection(client.version());
    expect(error).toMatchObject({ kind: 'unreachable', detail: 'connection refused', retryable: true });
    expect(lab.records()).toHaveLength(3);
    expect(lab.clock().sleeps).toEqual([187.5, 375]);
  });

  it('is a timeout when the host never answers', async () => {
    const host = await lab.host();
    const client = await lab.pve();
    host.answer(ok);
    await client.version();
    host.answer(() => ({ hang: true }));
    const error = await rejection(client.version({ timeoutMs: 100 }));
    expect(error).toMatchObject({ kind: 'timeout', retryable: true, detail: 'no answer within 100 ms' });
    expect(host.requests).toHaveLength(2);
  });

  it('is a timeout when the body never ends', async () => {
    const host = await lab.host();
    host.answer(() => ({ send: 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"data":' }));
    const client = await lab.pve();
    expect(await rejection(client.get('/version', {}, { timeoutMs: 60 }))).toMatchObject({ kind: 'timeout' });
  });

  it('is unreachable when the TLS handshake never ends', async () => {
    const port = await lab.tcpPort(() => undefined);
    const client = await lab.pve(
      { endpoints: [{ host: '127.0.0.1', port }] },
      { timeoutMs: 600, retries: 0 },
    );
    expect(await rejection(client.version())).toMatchObject({
      kind: 'unreachable',
      detail: 'connecting timed out',
    });
  });

  it('is truncated when the body ends before its length', async () => {
    const host = await lab.host();
    host.answer(() => partOf('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"data":[1,2'));
    const client = await lab.pve();
    expect(await rejection(client.version())).toMatchObject({ kind: 'truncated', retryable: true });
    expect(host.requests).toHaveLength(3);
  });

  it('is over when a retry succeeds', async () => {
    const host = await lab.host();
    host.answer(() => (host.requests.length < 3 ? { reset: true } : ok()));
    const client = await lab.pve();
    expect(await client.version()).toMatchObject({ version: '9.2.11' });
    expect(lab.records().map(({ kind }) => kind)).toEqual(['disconnected', 'disconnected', undefined]);
  });

  it('never repeats a write, and says that its outcome is unknown', async () => {
    const host = await lab.host();
    const client = await lab.pve();
    const broken: Reply[] = [
      { reset: true },
      { hang: true },
      partOf('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"data":"UPID'),
      textReply('<html>', '502 Bad Gateway'),
      textReply('', '200 OK'),
    ];
    for (const reply of broken) {
      const before = host.requests.length;
      host.answer(() => reply);
      const error = await rejection(client.post('/nodes/pve1/vzdump', {}, { timeoutMs: 500 }));
      expect(error).toMatchObject({ outcomeUnknown: true, retryable: false });
      expect(host.requests.length - before).toBe(1);
    }
    expect(lab.clock().sleeps).toEqual([]);
  });

  it('is too-large when the answer is, packed or not', async () => {
    const host = await lab.host();
    host.answer(() => jsonReply({ data: 'x'.repeat(5000) }));
    const client = await lab.pve({}, { maxBodyBytes: 1000 });
    expect(await rejection(client.version())).toMatchObject({ kind: 'too-large', retryable: false });
    const bomb = gzipSync(Buffer.alloc(100_000, 'x'));
    expect(bomb.length).toBeLessThan(1000);
    const head = `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`;
    host.answer(() => ({ send: Buffer.concat([Buffer.from(head), bomb]) }));
    expect(await rejection(client.version())).toMatchObject({ kind: 'too-large' });
  });

  it('ends at once when the caller aborts, also in a pause between attempts', async () => {
    const host = await lab.host();
    host.answer(() => ({ reset: true }));
    const control = new AbortController();
    const clock = {
      now: () => 0,
      sleep: (_ms: number, signal?: AbortSignal) => {
        control.abort();
        signal?.throwIfAborted();
        return Promise.resolve();
      },
    };
    const client = await lab.pve({}, { clock });
    expect(await rejection(client.get('/version', {}, { signal: control.signal }))).toMatchObject({
      kind: 'aborted',
      retryable: false,
    });
    expect(host.requests).toHaveLength(1);
    expect(await rejection(client.get('/version', {}, { signal: control.signal }))).toMatchObject({
      kind: 'aborted',
    });
    expect(host.requests).toHaveLength(1);
  });
});
