import { createLab, type Lab } from '../lab.ts';
import { startWebhookSink } from '../receivers/index.ts';
import { ask } from '../testing/ask.ts';
import { createSteppedClock } from '../world/clock.ts';

const START = Date.UTC(2026, 2, 14, 1, 0, 0);
const base64 = (text: string) => Buffer.from(text).toString('base64');
const BODY =
  '{"title":"{{escape title}}","message":"{{escape message}}","severity":"{{severity}}","timestamp":{{timestamp}},"fields":{{json fields}} }';

let lab: Lab;
beforeEach(async () => {
  lab = createLab({ clock: createSteppedClock(START), seed: 'notify', delays: { authMs: 0 } });
  await lab.start();
});
afterEach(() => lab.stop());

/** The two products, which differ in where things are and in how they say no. */
describe.each([
  { node: 'pve1', base: '/cluster/notifications', privilege: 'Mapping.Modify' },
  { node: 'pbs1', base: '/config/notifications', privilege: undefined },
])('notification targets of $node', ({ node, base, privilege }) => {
  const call = (method: string, path: string, form?: Record<string, string>, as?: 'auditor') =>
    ask(lab, node, `${base}${path}`, { method, ...(form && { form }), ...(as && { as }) });
  const message = (text: string) =>
    text.startsWith('{') ? (JSON.parse(text) as { message: string }).message.trim() : text;

  async function setUp(url: string) {
    const created = await call('POST', '/endpoints/webhook', {
      name: 'hook',
      url: `${url}/in`,
      method: 'post',
      body: base64(BODY),
      header: `name=Authorization,value=${base64('Bearer {{ secrets.token }}')}`,
      secret: `name=token,value=${base64('top-secret')}`,
    });
    const matched = await call('POST', '/matchers', { name: 'hook-all', target: 'hook' });
    expect([created.status, matched.status]).toEqual([200, 200]);
  }

  it('post what is tested and what happens, render the template, and never tell the secret', async () => {
    const sink = await startWebhookSink();
    try {
      await setUp(sink.url);
      expect((await call('POST', '/targets/hook/test')).status).toBe(200);
      const [test] = sink.messages();
      expect(test?.headers['authorization']).toBe('Bearer top-secret');
      expect(JSON.parse(test?.body ?? '')).toEqual({
        title: 'Test notification ',
        message: "This is a test of the notification target 'hook'.\n",
        severity: 'info',
        timestamp: START / 1000,
        fields: {},
      });
      const shown = (await call('GET', '/endpoints/webhook/hook')).text;
      expect(shown).toContain('"secret":["name=token"]');
      expect(shown).not.toContain(base64('top-secret'));
    } finally {
      await sink.close();
    }
  });

  it('say why a test did not arrive, with secrets masked', async () => {
    await setUp('http://127.0.0.1:1');
    const refused = await call('POST', '/targets/hook/test');
    expect(refused.status).toBe(500);
    expect(message(refused.text)).toMatch(
      /could not notify via endpoint\(s\): hook: io: Connection refused$/,
    );
    await call('PUT', '/endpoints/webhook/hook', { body: base64('{{ nope') });
    expect(message((await call('POST', '/targets/hook/test')).text)).toMatch(/invalid handlebars syntax$/);
  });

  it('share their names with matchers, stay while a matcher needs them, and mind the digest', async () => {
    await setUp('http://127.0.0.1:1');
    const taken = await call('POST', '/matchers', { name: 'hook', target: 'hook' });
    expect([taken.status, message(taken.text)]).toEqual([
      400,
      "Cannot create 'hook', an entity with the same name already exists",
    ]);
    const used = await call('DELETE', '/endpoints/webhook/hook');
    expect([used.status, message(used.text)]).toEqual([400, "cannot delete 'hook', referenced by: hook-all"]);
    const lost = await call('POST', '/matchers', { name: 'm2', target: 'nobody' });
    expect([lost.status, message(lost.text)]).toEqual([404, "endpoint 'nobody' does not exist"]);

    const { digest } = (await call('GET', '/matchers/hook-all')).json().data as { digest: string };
    expect((await call('PUT', '/matchers/hook-all', { comment: 'mine', digest })).status).toBe(200);
    const stale = await call('PUT', '/matchers/hook-all', { comment: 'yours', digest });
    expect([stale.status, message(stale.text)]).toEqual([
      400,
      'detected modified configuration - file changed by other user? Try again.',
    ]);
    const secret = await call('PUT', '/endpoints/webhook/hook', { secret: 'name=other' });
    expect(message(secret.text)).toBe("secret 'other' not known");
    expect((await call('PUT', '/endpoints/webhook/hook', { secret: 'name=token' })).status).toBe(200);

    expect((await call('DELETE', '/matchers/hook-all')).status).toBe(200);
    expect((await call('DELETE', '/endpoints/webhook/hook')).status).toBe(200);
    const gone = await call('DELETE', '/matchers/hook-all');
    expect([gone.status, message(gone.text)]).toEqual([404, "matcher 'hook-all' not found"]);
  });

  it.each<[string, Record<string, string>]>([
    ['an unknown parameter', { name: 'ok', url: 'http://x/', method: 'post', colour: 'red' }],
    ['an unknown method', { name: 'ok', url: 'http://x/', method: 'patch' }],
    ['no URL', { name: 'ok', method: 'post' }],
    ['a name that is none', { name: '-', url: 'http://x/', method: 'post' }],
  ])('refuse %s', async (_, form) => {
    const refused = await call('POST', '/endpoints/webhook', form);
    expect(refused.status).toBe(400);
    expect(refused.text).toMatch(/parameter verification/i);
  });

  it('are not an auditor’s to change', async () => {
    const refused = await call('POST', '/matchers', { name: 'm1' }, 'auditor');
    expect(refused.status).toBe(403);
    if (privilege !== undefined) expect(refused.text).toContain(privilege);
    expect((await call('GET', '/matchers', undefined, 'auditor')).status).toBe(200);
  });
});

it('a matcher lets through what its rules say, and what is matched twice is posted once', async () => {
  const sink = await startWebhookSink();
  try {
    const post = (path: string, form: Record<string, string>) =>
      ask(lab, 'pve1', `/cluster/notifications${path}`, { method: 'POST', form });
    await post('/endpoints/webhook', {
      name: 'hook',
      url: `${sink.url}/{{ fields.hostname }}/{{ url-encode severity }}`,
      method: 'post',
    });
    await post('/matchers', { name: 'errors', target: 'hook', 'match-severity': 'error,warning' });
    await post('/matchers', {
      name: 'backups',
      target: 'hook',
      'match-field': 'exact:type=vzdump',
      'invert-match': '1',
    });
    const say = (type: string, severity: 'info' | 'error') =>
      lab.pve('pve1').notify('pve1', {
        type,
        severity,
        timestamp: 1,
        fields: { type, hostname: 'pve1' },
        title: 't',
        body: 'b',
      });
    say('vzdump', 'info');
    say('vzdump', 'error');
    say('replication', 'error');
    await lab.stop();
    expect(sink.messages().map(({ path }) => path)).toEqual(['/pve1/error', '/pve1/error']);
  } finally {
    await sink.close();
  }
});
