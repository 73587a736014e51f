import { jsonReply, textReply, type Reply } from './testing/fake-host.ts';
import { rejection, useLab } from './testing/use-lab.ts';

const lab = useLab();
const ok = (): Reply => jsonReply({ data: { version: '9.2.11' } });
const both = async () => {
  const [first, second] = [await lab.host(), await lab.anotherHost()];
  const endpoints = [first, second].map(({ port }) => ({ host: '127.0.0.1', port }));
  return { first, second, endpoints, tls: { kind: 'insecure' } as const };
};

describe('fail-over', () => {
  it('asks the next endpoint when one does not connect, also for a write, and stays there', async () => {
    const { first, second, endpoints, tls } = await both();
    second.answer(() => jsonReply({ data: 'UPID:x' }));
    await first.close();
    const client = await lab.pve({ endpoints, tls });
    await client.guests.start({ node: 'pve1', type: 'qemu', vmid: 100 });
    await client.guests.start({ node: 'pve1', type: 'qemu', vmid: 100 });
    expect(second.requests).toHaveLength(2);
    expect(lab.records().map(({ kind }) => kind)).toEqual(['unreachable', undefined, undefined]);
    expect(client.endpoints()).toMatchObject([{ isPreferred: false }, { isPreferred: true }]);
  });

  it('repeats a read elsewhere when an endpoint hangs', async () => {
    const { first, second, endpoints, tls } = await both();
    first.answer(() => ({ hang: true }));
    second.answer(ok);
    const client = await lab.pve({ endpoints, tls });
    expect(await client.version({ timeoutMs: 500 })).toMatchObject({ version: '9.2.11' });
    expect([first.requests.length, second.requests.length]).toEqual([1, 1]);
  });

  it('asks a slow call once where its caller wants no second attempt, and goes on serving others meanwhile', async () => {
    const { first, second, endpoints, tls } = await both();
    const pool = { name: 'rpool', state: 'ONLINE' };
    first.answer(({ target }) =>
      target.includes('/disks/list')
        ? { hang: true }
        : target.includes('/disks/zfs/rpool')
          ? jsonReply({ data: pool })
          : ok(),
    );
    const client = await lab.pve({ endpoints, tls });
    const slow = rejection(client.nodes.disks('pve1', { timeoutMs: 500, retries: 0 }));
    expect(await client.nodes.zfsPool('pve1', 'rpool')).toEqual(pool);
    expect(await slow).toMatchObject({ kind: 'timeout' });
    const asked = [...first.requests, ...second.requests].filter(({ target }) =>
      target.includes('/disks/list'),
    );
    expect(asked).toHaveLength(1);
    expect(client.endpoints().map(({ breaker }) => breaker)).toEqual(['closed', 'closed']);
  });

  it('asks nobody else when the API says no', async () => {
    const { first, second, endpoints, tls } = await both();
    first.answer(() => textReply('', '403 Permission check failed (/, Sys.Audit)'));
    const client = await lab.pve({ endpoints, tls });
    expect(await rejection(client.cluster.status())).toMatchObject({ kind: 'permission' });
    expect(second.requests).toHaveLength(0);
  });

  it('leaves an endpoint with another certificate alone, with a warning', async () => {
    const { first, second, endpoints } = await both();
    second.answer(ok);
    const warnings: object[] = [];
    const log = { warn: (fields: object) => warnings.push(fields), debug: () => undefined };
    const client = await lab.pve(
      { endpoints, tls: { kind: 'pin', fingerprint: second.fingerprint } },
      { log },
    );
    expect(await client.version()).toMatchObject({ version: '9.2.11' });
    expect(first.requests).toHaveLength(0);
    expect(warnings).toEqual([expect.objectContaining({ kind: 'fingerprint' })]);
  });

  it('tells of the certificate rather than of the dead endpoint when neither serves', async () => {
    const { first, endpoints, second } = await both();
    await second.close();
    const client = await lab.pve({ endpoints, tls: { kind: 'pin', fingerprint: 'AA'.repeat(32) } });
    expect(await rejection(client.version())).toMatchObject({
      kind: 'fingerprint',
      seenFingerprint: first.fingerprint,
    });
  });
});

describe('the circuit breaker', () => {
  const options = { breakerThreshold: 3, breakerCoolDownMs: 10_000, retries: 0 };

  it('stops asking after failures in a row, lets one probe through later, and closes when it succeeds', async () => {
    const host = await lab.host();
    host.answer(() => ({ reset: true }));
    const client = await lab.pve({}, options);
    for (let n = 0; n < 3; n += 1) await rejection(client.version());
    expect(await rejection(client.version())).toMatchObject({
      kind: 'circuit-open',
      retryable: true,
      retryAfterMs: 10_000,
      message: 'lab: GET /version: not asked, failed too often lately; next attempt in 10 s',
    });
    expect(host.requests).toHaveLength(3);
    expect(client.endpoints()).toMatchObject([{ breaker: 'open' }]);

    lab.clock().advance(10_000);
    expect(client.endpoints()).toMatchObject([{ breaker: 'half-open' }]);
    const [probe, other] = await Promise.all([rejection(client.version()), rejection(client.version())]);
    expect([probe, other]).toMatchObject(
      [{ kind: 'disconnected' }, { kind: 'circuit-open', retryAfterMs: 20_000 }].map(({ kind }) => ({
        kind,
      })),
    );
    expect(host.requests).toHaveLength(4);

    lab.clock().advance(20_000);
    host.answer(ok);
    await client.version();
    await client.version();
    expect(client.endpoints()).toMatchObject([{ breaker: 'closed' }]);
  });

  it.each([
    ['a peer that cannot be reached', '595 Connection refused'],
    ['a peer that does not answer', '596 Connection timed out'],
    ['refused credentials', '401 Authentication failed!'],
    ['missing privileges', '403 Permission check failed'],
    ['an error of the API', '500 oops'],
  ])('is not tripped by %s', async (_what, statusLine) => {
    const host = await lab.host();
    host.answer(() => textReply('', statusLine));
    const client = await lab.pve({}, options);
    for (let n = 0; n < 6; n += 1) await rejection(client.nodes.status('pve2'));
    expect(host.requests).toHaveLength(6);
    expect(client.endpoints()).toMatchObject([{ breaker: 'closed' }]);
  });

  it('is not tripped by calls forwarded to a node that hangs', async () => {
    const host = await lab.host();
    host.answer(() => ({ hang: true }));
    const client = await lab.pve({}, options);
    const hasty = { timeoutMs: 30 };
    for (let n = 0; n < 4; n += 1) await rejection(client.nodes.status('pve2', hasty));
    expect(client.endpoints()).toMatchObject([{ breaker: 'closed' }]);
    for (let n = 0; n < 3; n += 1) await rejection(client.cluster.resources(hasty));
    expect(client.endpoints()).toMatchObject([{ breaker: 'open' }]);
  });

  it('is not tripped by callers that give up', async () => {
    const host = await lab.host();
    const client = await lab.pve({}, options);
    for (let n = 0; n < 4; n += 1) {
      const control = new AbortController();
      host.answer(() => {
        control.abort();
        return { hang: true };
      });
      expect(await rejection(client.version({ signal: control.signal }))).toMatchObject({ kind: 'aborted' });
    }
    expect(client.endpoints()).toMatchObject([{ breaker: 'closed' }]);
  });
});
