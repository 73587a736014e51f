import { jsonReply, textReply, TOKEN_SECRET, type Reply, type SeenRequest } from '../testing/fake-host.ts';
import { readRecording } from '../testing/recording.ts';
import { rejection, useLab } from '../testing/use-lab.ts';

const lab = useLab();
const PASSWORD = 'correct horse';
const auth = { kind: 'password', user: 'root@pam', password: PASSWORD } as const;
const HOUR_MS = 3_600_000;

/** Answers logins with ticket 1, 2, 3 …, and other calls by `others`. */
function issuing(others: (request: SeenRequest) => Reply = () => jsonReply({ data: { version: '9' } })) {
  let issued = 0;
  return (request: SeenRequest): Reply => {
    if (!request.target.endsWith('/access/ticket')) return others(request);
    issued += 1;
    const ticket = `PVE:root@pam:${issued}::SIG+/=`;
    return jsonReply({ data: { username: 'root@pam', ticket, CSRFPreventionToken: `CSRF:${issued}` } });
  };
}
const cookie = (n: number): string => `PVEAuthCookie=${encodeURIComponent(`PVE:root@pam:${n}::SIG+/=`)}`;

describe('tokens', () => {
  it('are written with "=" for PVE and with ":" for PBS, and need no CSRF header', async () => {
    const host = await lab.host();
    host.answer(() => jsonReply({ data: { version: '4' } }));
    await (await lab.pve()).version();
    await (await lab.pbs()).version();
    await (await lab.pve()).post('/nodes/pve1/vzdump');
    expect(host.requests.map(({ headers }) => headers['authorization'])).toEqual([
      `PVEAPIToken=root@pam!full=${TOKEN_SECRET}`,
      `PBSAPIToken=root@pam!full:${TOKEN_SECRET}`,
      `PVEAPIToken=root@pam!full=${TOKEN_SECRET}`,
    ]);
    expect(host.requests[2]?.headers).not.toHaveProperty('csrfpreventiontoken');
  });

  it('are not sent again after a 401', async () => {
    const host = await lab.host();
    host.answer(() => ({ send: readRecording('auth-017-token-bad-secret').wire, thenClose: true }));
    const client = await lab.pve();
    expect(await rejection(client.version())).toMatchObject({
      kind: 'auth',
      detail: 'Authentication failed!',
    });
    expect(host.requests).toHaveLength(1);
  });
});

describe('tickets', () => {
  it('are fetched once for all who wait, and carry the CSRF token on writes only', async () => {
    const host = await lab.host();
    host.answer(issuing());
    const client = await lab.pve({ auth });
    await Promise.all([
      client.version(),
      client.version(),
      client.version(),
      client.post('/nodes/pve1/vzdump'),
    ]);
    const [login, ...calls] = host.requests;
    expect(login).toMatchObject({ method: 'POST', target: '/api2/json/access/ticket' });
    expect(new URLSearchParams(login?.body).get('password')).toBe(PASSWORD);
    expect(calls).toHaveLength(4);
    for (const { method, headers } of calls) {
      expect(headers['cookie']).toBe(cookie(1));
      expect(headers['csrfpreventiontoken']).toBe(method === 'POST' ? 'CSRF:1' : undefined);
    }
  });

  it('are read from the answer that was recorded', async () => {
    const host = await lab.host();
    const { wire } = readRecording('auth-001-login-root-pam');
    host.answer(({ target }) =>
      target.endsWith('ticket') ? { send: wire, thenClose: true } : jsonReply({ data: { version: '9' } }),
    );
    await (await lab.pve({ auth })).version();
    expect(host.requests[1]?.headers['cookie']).toBe(
      'PVEAuthCookie=PVE%3Aroot%40pam%3A6B02A402%3A%3ASIGNATURE',
    );
  });

  it('are renewed after an hour by sending the old one as password', async () => {
    const host = await lab.host();
    host.answer(issuing());
    const client = await lab.pve({ auth });
    await client.version();
    lab.clock().advance(HOUR_MS - 1);
    await client.version();
    lab.clock().advance(1);
    await client.version();
    const logins = host.requests.filter(({ method }) => method === 'POST');
    expect(logins.map(({ body }) => new URLSearchParams(body).get('password'))).toEqual([
      PASSWORD,
      'PVE:root@pam:1::SIG+/=',
    ]);
    expect(host.requests.at(-1)?.headers['cookie']).toBe(cookie(2));
  });

  it('are asked for with the password again when the old one is too old, or is refused', async () => {
    const host = await lab.host();
    const issue = issuing();
    host.answer(issue);
    const client = await lab.pve({ auth });
    await client.version();
    lab.clock().advance(2 * HOUR_MS);
    await client.version();
    lab.clock().advance(HOUR_MS);
    host.answer((request) =>
      request.method === 'POST' && !request.body.includes('correct')
        ? textReply('', '401 no')
        : issue(request),
    );
    await client.version();
    const passwords = host.requests
      .filter(({ method }) => method === 'POST')
      .map(({ body }) => new URLSearchParams(body).get('password'));
    expect(passwords).toEqual([PASSWORD, PASSWORD, 'PVE:root@pam:2::SIG+/=', PASSWORD]);
  });

  it('are replaced once after a 401, and the call is repeated, also a write', async () => {
    const host = await lab.host();
    host.answer(
      issuing(({ headers }) =>
        headers['cookie'] === cookie(1)
          ? textReply('', '401 permission denied - invalid ticket')
          : jsonReply({ data: 'UPID:x' }),
      ),
    );
    const client = await lab.pve({ auth });
    expect(await client.guests.start({ node: 'pve1', type: 'qemu', vmid: 100 })).toBe('UPID:x');
    expect(host.requests.map(({ target }) => target.split('/').at(-1))).toEqual([
      'ticket',
      'start',
      'ticket',
      'start',
    ]);
    host.answer(issuing(() => textReply('', '401 no')));
    expect(await rejection(client.version())).toMatchObject({ kind: 'auth', status: 401 });
    expect(host.requests).toHaveLength(7);
  });

  it('are not asked for again for half a minute after the password was refused', async () => {
    const host = await lab.host();
    host.answer(() => ({ send: readRecording('auth-005-login-wrong-password').wire, thenClose: true }));
    const client = await lab.pve({ auth });
    const error = await rejection(client.version());
    expect(error).toMatchObject({ kind: 'auth', path: '/access/ticket', detail: 'authentication failure' });
    expect(await rejection(client.version())).toBe(error);
    expect(host.requests).toHaveLength(1);
    lab.clock().advance(30_000);
    await rejection(client.version());
    expect(host.requests).toHaveLength(2);
  });

  it('say clearly that a second factor is asked for', async () => {
    const host = await lab.host();
    host.answer(() => ({ send: readRecording('tfa-004-login-challenge').wire, thenClose: true }));
    const client = await lab.pve({ auth });
    const error = await rejection(client.version());
    expect(error).toMatchObject({ kind: 'auth', detail: expect.stringContaining('use an API token') });
    expect(host.requests).toHaveLength(1);
  });

  it('of PBS are sent under both names of the cookie, also when they come in one', async () => {
    const host = await lab.host();
    host.answer(({ target }) =>
      target.endsWith('ticket')
        ? jsonReply(
            { data: { username: 'root@pam', CSRFPreventionToken: 'C', 'ticket-info': 'x' } },
            '200 OK',
            [
              'Set-Cookie: other=1; Secure',
              'Set-Cookie: __Host-PBSAuthCookie=PBS%3Aroot%40pam%3A1%3A%3AS; Secure; HttpOnly; Path=/',
            ],
          )
        : jsonReply({ data: { version: '4.2' } }),
    );
    await (await lab.pbs({ auth })).version();
    expect(host.requests[1]?.headers['cookie']).toBe(
      '__Host-PBSAuthCookie=PBS%3Aroot%40pam%3A1%3A%3AS; PBSAuthCookie=PBS%3Aroot%40pam%3A1%3A%3AS',
    );
  });

  it('are waited for no longer than the caller wants, while others go on waiting', async () => {
    const host = await lab.host();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const answer = issuing();
    const control = new AbortController();
    host.answer(async (request) => {
      if (request.target.endsWith('ticket')) {
        control.abort();
        await promise;
      }
      return answer(request);
    });
    const client = await lab.pve({ auth });
    const impatient = rejection(client.version({ signal: control.signal }));
    const patient = client.version();
    expect(await impatient).toMatchObject({ kind: 'aborted' });
    resolve(undefined);
    expect(await patient).toMatchObject({ version: '9' });
  });

  it('and passwords never show in an error', async () => {
    const host = await lab.host();
    host.answer(
      issuing(({ headers }) => textReply(`${headers['cookie']} ${PASSWORD} PVE:root@pam:1::SIG+/=`, '500 x')),
    );
    const client = await lab.pve({ auth });
    const error = await rejection(client.version());
    expect(String(error)).not.toContain(PASSWORD);
    expect(String(error)).not.toContain('::SIG+/=');
    expect(String(error)).not.toContain(encodeURIComponent('::SIG+/='));
  });
});
