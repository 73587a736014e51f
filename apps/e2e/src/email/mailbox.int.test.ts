import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BusUnavailable, type Bus } from '@proxmox-mcp/bus';
import { beforePublishing, openTestBus, type TestBus } from '@proxmox-mcp/bus/testing';
import {
  describeWithDovecot,
  openTcpProxy,
  startDovecot,
  type Dovecot,
} from '@proxmox-mcp/ingest-email/testing';
import { makeCertificate } from '@proxmox-mcp/lab-kit';
import { Inventory } from '@proxmox-mcp/schemas';
import { ImapFlow } from 'imapflow';
import { openShell } from '../docs/shell.ts';
import { until } from '../trouble/gateway.ts';
import { createApp, reservePorts } from '../trouble/product-process.ts';
import { readStreams } from '../trouble/audit.ts';
import { INVENTORY, WITHIN_MS, failedBackup, startMailService, titlesOf } from './mail-service.ts';

const HOUR_MS = 3_600_000;

await describeWithDovecot('a mailbox', (program) => {
  let dovecot: Dovecot;
  let t: TestBus;
  const closers: (() => Promise<void>)[] = [];
  beforeEach(async () => {
    dovecot = await startDovecot(program);
    t = await openTestBus();
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
    await t.close();
    await dovecot.stop();
  });

  const settings = (more: Readonly<Record<string, string>> = {}, of: Dovecot = dovecot) => ({
    EVENT_EMAIL_IMAP_SERVER: '127.0.0.1',
    EVENT_EMAIL_IMAP_PORT: String(of.port),
    EVENT_EMAIL_IMAP_SECURITY: 'none',
    EVENT_EMAIL_USERNAME: of.user,
    EVENT_EMAIL_PASSWORD: of.password,
    EVENT_EMAIL_FIRST_READ: 'all',
    ...more,
  });
  async function start(more: Readonly<Record<string, string>> = {}, options = {}, bus: Bus = t.bus) {
    const service = await startMailService(bus, settings(more), options);
    closers.push(() => service.stop());
    return service;
  }
  /** Another mail program at the same mailbox. */
  async function mailProgram(of: Dovecot = dovecot): Promise<ImapFlow> {
    const client = new ImapFlow({
      host: '127.0.0.1',
      port: of.port,
      secure: false,
      doSTARTTLS: false,
      auth: { user: of.user, pass: of.password },
      logger: false,
    });
    await client.connect();
    closers.push(() => client.logout());
    return client;
  }
  async function unread(client: ImapFlow, folder = 'INBOX'): Promise<number> {
    return ((await client.status(folder, { unseen: true })) as { unseen: number }).unseen;
  }

  it('is told as its mails come, marked as read, and what is refused is left alone', async () => {
    const service = await start();
    await service.sourceIs('email/INBOX', 'ok');
    await dovecot.deliver(failedBackup(1));
    await dovecot.deliver(failedBackup(2, { from: 'Alice <alice@example.org>' }));
    await dovecot.deliver(failedBackup(3));
    expect(await service.titles(2)).toEqual(titlesOf(1, 3));
    expect(service.events[0]).toMatchObject({
      channel: 'email',
      source: 'atlas',
      node: 'pve1',
      cluster: 'atlas',
    });
    const [letter] = await until(
      'a dead letter',
      () => (service.deadLetters.length > 0 ? service.deadLetters : undefined),
      WITHIN_MS,
    );
    expect(letter).toMatchObject({ reason: 'sender-not-allowed', origin: 'imap email/INBOX uid 2' });
    expect(letter?.body).toContain('alice@example.org');
    expect(letter?.body).not.toContain('db01');
    const client = await mailProgram();
    await until(
      'two mails to be read',
      async () => ((await unread(client)) === 1 ? true : undefined),
      WITHIN_MS,
    );
  });

  it('begins with the unread mail of the last day, and goes on after a restart', async () => {
    const ago = (hours: number) => ({ arrivedAt: new Date(Date.now() - hours * HOUR_MS) });
    await dovecot.deliver(failedBackup(1), ago(30));
    await dovecot.deliver(failedBackup(2), ago(3));
    await dovecot.deliver(failedBackup(3), ago(2));
    const client = await mailProgram();
    await client.mailboxOpen('INBOX');
    await client.messageFlagsAdd('2', ['\\Seen'], { uid: true });
    const first = await start({ EVENT_EMAIL_FIRST_READ: 'recent' });
    expect(await first.titles(1)).toEqual(titlesOf(3));
    await first.sourceIs('email/INBOX', 'ok');
    await first.stop();
    await dovecot.deliver(failedBackup(4));
    const second = await start({ EVENT_EMAIL_FIRST_READ: 'recent' });
    expect(await second.titles(2)).toEqual(titlesOf(3, 4));
    await second.stop();
    const other = await start({ EVENT_EMAIL_FIRST_READ: 'new', EVENT_EMAIL_FOLDER: 'INBOX, Later' });
    expect((await other.sourceIs('email/Later', 'mailbox')).degraded[0]).toMatchObject({
      fix: 'create the folder, or name another in EVENT_EMAIL_FOLDER',
    });
    expect(other.events).toHaveLength(2);
  });

  it('loses nothing and tells nothing twice when connections break and the server is away', async () => {
    const proxy = await openTcpProxy(dovecot.port);
    closers.push(() => proxy.stop());
    const service = await start({ EVENT_EMAIL_IMAP_PORT: String(proxy.port) });
    await service.sourceIs('email/INBOX', 'ok');
    await dovecot.deliver(failedBackup(1));
    await service.titles(1);
    proxy.block(true);
    await service.sourceIs('email/INBOX', 'unreachable');
    await dovecot.deliver(failedBackup(2));
    proxy.block(false);
    await service.titles(2);
    // In the middle of a batch.
    for (let number = 3; number <= 20; number++) await dovecot.deliver(failedBackup(number));
    proxy.cut();
    await service.titles(20);
    await dovecot.kill();
    await service.sourceIs('email/INBOX', 'unreachable');
    await dovecot.deliver(failedBackup(21));
    await dovecot.restart();
    await service.sourceIs('email/INBOX', 'ok');
    await dovecot.deliver(failedBackup(22));
    expect(await service.titles(22)).toEqual(
      titlesOf(...Array.from({ length: 22 }, (_none, index) => index + 1)),
    );
    expect(service.counts.get('ingest_duplicates_total{channel=email}')).toBeUndefined();
  });

  it('is followed by its name: renamed, missing and made anew', async () => {
    const client = await mailProgram();
    await client.mailboxCreate('Proxmox');
    const service = await start({ EVENT_EMAIL_FOLDER: 'Proxmox', EVENT_EMAIL_POLL_INTERVAL: '1' });
    await service.sourceIs('email/Proxmox', 'ok');
    await dovecot.deliver(failedBackup(1, { id: '1@pve1' }), { folder: 'Proxmox' });
    await dovecot.deliver(failedBackup(2), { folder: 'Proxmox' });
    await service.titles(2);
    await client.mailboxRename('Proxmox', 'Archive');
    await service.sourceIs('email/Proxmox', 'mailbox');
    await client.mailboxCreate('Proxmox');
    // What was read already, under new numbers, and something new between.
    await client.mailboxOpen('Archive');
    await client.messageCopy('1', 'Proxmox', { uid: true });
    await dovecot.deliver(failedBackup(3), { folder: 'Proxmox' });
    await client.messageCopy('2', 'Proxmox', { uid: true });
    await service.sourceIs('email/Proxmox', 'ok');
    await dovecot.deliver(failedBackup(4), { folder: 'Proxmox' });
    expect(await service.titles(4)).toEqual(titlesOf(1, 2, 3, 4));
    expect(service.counts.get('email_mails_total{transport=imap,outcome=ignored}')).toBe(2);
  });

  it('is polled where the server cannot notify', async () => {
    const plain = await startDovecot(program, { withoutIdle: true });
    closers.push(() => plain.stop());
    const more = { EVENT_EMAIL_IMAP_PORT: String(plain.port), EVENT_EMAIL_POLL_INTERVAL: '1' };
    const service = await start(more);
    await service.sourceIs('email/INBOX', 'ok');
    await plain.deliver(failedBackup(1));
    await service.titles(1);
    await plain.deliver(failedBackup(2));
    expect(await service.titles(2)).toEqual(titlesOf(1, 2));
  });

  it('is read by one replica over one connection, and taken over by another', async () => {
    const proxy = await openTcpProxy(dovecot.port);
    closers.push(() => proxy.stop());
    const more = { EVENT_EMAIL_IMAP_PORT: String(proxy.port) };
    const first = await start(more, { instance: 'a' });
    await first.sourceIs('email/INBOX', 'ok');
    const second = await start(more, { instance: 'b' });
    await dovecot.deliver(failedBackup(1));
    await second.titles(1);
    expect(second.details['mailboxes']).toEqual({});
    expect(proxy.opened).toBe(1);
    await first.stop();
    await until('a takeover', () => (proxy.opened === 2 ? true : undefined), WITHIN_MS);
    await dovecot.deliver(failedBackup(2));
    expect(await second.titles(2)).toEqual(titlesOf(1, 2));
    expect(Object.keys(second.details['mailboxes'] as object)).toEqual(['email/INBOX']);
  });

  it('is one of several accounts, each with its own folders and secrets', async () => {
    const other = await startDovecot(program);
    const folder = await mkdtemp(join(tmpdir(), 'pmx-mail-'));
    closers.push(
      () => other.stop(),
      () => rm(folder, { recursive: true, force: true }),
    );
    const password_file = join(folder, 'password');
    await writeFile(password_file, 'wrong\n');
    const inventory = Inventory.parse({
      ...INVENTORY,
      email: {
        accounts: [
          {
            name: 'dc2',
            imap_server: '127.0.0.1',
            imap_port: other.port,
            imap_security: 'none',
            username: 'x',
            password_file,
            folders: ['INBOX', 'Proxmox'],
          },
        ],
      },
    });
    const client = await mailProgram(other);
    await client.mailboxCreate('Proxmox');
    const service = await start({}, { inventory });
    const refused = await service.sourceIs('email-dc2/INBOX', 'auth');
    expect(refused.degraded[0]?.fix).toContain('email.accounts, dc2: password_file');
    await writeFile(password_file, other.password);
    await service.sourceIs('email-dc2/Proxmox', 'ok');
    await Promise.all([
      dovecot.deliver(failedBackup(1)),
      other.deliver(failedBackup(2)),
      other.deliver(failedBackup(3), { folder: 'Proxmox' }),
    ]);
    expect((await service.titles(3)).sort()).toEqual(titlesOf(1, 2, 3));
  });

  it('stays unread for as long as the bus does not have its events', async () => {
    let isAway = true;
    let attempts = 0;
    const failing = beforePublishing(t.bus, () => {
      if (!isAway) return;
      attempts++;
      throw new BusUnavailable('away');
    });
    await dovecot.deliver(failedBackup(1));
    const service = await start({}, {}, failing);
    const client = await mailProgram();
    await until('two attempts', () => (attempts > 1 ? true : undefined), WITHIN_MS);
    expect(await unread(client)).toBe(1);
    isAway = false;
    await service.titles(1);
    await until(
      'the mail to be read',
      async () => ((await unread(client)) === 0 ? true : undefined),
      WITHIN_MS,
    );
  });

  it('loses nothing and tells nothing twice when the product is killed while it reads', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pmx-mail-'));
    closers.push(() => rm(folder, { recursive: true, force: true }));
    const [adminPort = 0] = await reservePorts(1);
    const env = {
      ...settings(),
      EVENT_EMAIL_ALLOWED_FROM: 'root@pve1.example.net',
      SERVICES: 'ingest-email,state',
      ENABLED_EVENT_LISTENERS: 'EMAIL',
    };
    const app = createApp({ app: 'all-in-one', folder, adminPort, env });
    const client = await mailProgram();
    const COUNT = 150;
    for (let number = 1; number <= COUNT; number++) await dovecot.deliver(failedBackup(number));
    for (const left of [100, 50]) {
      app.start();
      await until('some of it read', async () => ((await unread(client)) <= left ? true : undefined), 40_000);
      await app.kill();
    }
    app.start();
    await until('all of it read', async () => ((await unread(client)) === 0 ? true : undefined), 40_000);
    expect(await app.stop()).toBe(0);
    const { events } = await readStreams(app.dataDir);
    const numbers = events.map(({ text }) => Number(text?.title?.split('problem ')[1]));
    expect(numbers).toEqual(Array.from({ length: COUNT }, (_none, index) => index + 1));
  }, 120_000);
});

await describeWithDovecot('the way to a mailbox', (program) => {
  const certificate = makeCertificate('imap.example.net', new Date(Date.now() - 1_000));
  let dovecot: Dovecot;
  let t: TestBus;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pmx-mail-'));
    await writeFile(join(folder, 'ca.pem'), certificate.cert);
    dovecot = await startDovecot(program, { certificate });
  });
  afterAll(async () => {
    await dovecot.stop();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => (t = await openTestBus()));
  afterEach(() => t.close());

  async function reasonWith(more: Readonly<Record<string, string>>) {
    const service = await startMailService(t.bus, {
      EVENT_EMAIL_IMAP_SERVER: 'localhost',
      EVENT_EMAIL_IMAP_PORT: String(dovecot.port),
      EVENT_EMAIL_USERNAME: dovecot.user,
      EVENT_EMAIL_PASSWORD: dovecot.password,
      ...more,
    });
    try {
      const state = await until(
        'a word about the mailbox',
        async () => {
          const said = await service.source('email/INBOX');
          const isOver = said?.degraded.some(({ reason }) => reason === 'stopped') ?? true;
          return isOver || said?.status === 'starting' ? undefined : said;
        },
        WITHIN_MS,
      );
      return state.degraded[0] ?? { reason: 'ok' };
    } finally {
      await service.stop();
    }
  }

  it('is taken where the certificate is the pinned one, or of the authority, or nobody is to look', async () => {
    expect(await reasonWith({ EVENT_EMAIL_IMAP_FINGERPRINT: certificate.fingerprint })).toEqual({
      reason: 'ok',
    });
    expect(await reasonWith({ EVENT_EMAIL_IMAP_CA_FILE: join(folder, 'ca.pem') })).toEqual({ reason: 'ok' });
    expect(await reasonWith({ EVENT_EMAIL_IMAP_VERIFY_SSL: 'no' })).toEqual({ reason: 'ok' });
    const tls = { EVENT_EMAIL_IMAP_PORT: String(dovecot.tlsPort), EVENT_EMAIL_IMAP_SECURITY: 'tls' };
    expect(await reasonWith({ ...tls, EVENT_EMAIL_IMAP_FINGERPRINT: certificate.fingerprint })).toEqual({
      reason: 'ok',
    });
  });

  it('is refused before the login where it is not, with the line that would pin it', async () => {
    const pin = `if it is your server: EVENT_EMAIL_IMAP_FINGERPRINT=${certificate.fingerprint}`;
    expect(await reasonWith({})).toMatchObject({ reason: 'tls', fix: pin });
    const tls = { EVENT_EMAIL_IMAP_PORT: String(dovecot.tlsPort), EVENT_EMAIL_IMAP_SECURITY: 'tls' };
    expect(await reasonWith(tls)).toMatchObject({ reason: 'tls', fix: pin });
    const wrong = certificate.fingerprint.replace(/../, (pair) => (pair === '00' ? '01' : '00'));
    expect(await reasonWith({ EVENT_EMAIL_IMAP_FINGERPRINT: wrong })).toMatchObject({
      reason: 'tls',
      fix: pin,
    });
    expect(await reasonWith({ EVENT_EMAIL_IMAP_CA_FILE: join(folder, 'none.pem') })).toMatchObject({
      reason: 'tls',
      detail: expect.stringContaining('ENOENT'),
    });
  });

  it('is looked at by test-connection, which names the setting to change', async () => {
    const shell = openShell({
      DATA_DIR: folder,
      ENV_FILE: join(folder, 'none.env'),
      EVENT_EMAIL_IMAP_SERVER: '127.0.0.1',
      EVENT_EMAIL_IMAP_PORT: String(dovecot.port),
      EVENT_EMAIL_IMAP_FINGERPRINT: certificate.fingerprint,
      EVENT_EMAIL_USERNAME: dovecot.user,
      EVENT_EMAIL_PASSWORD: dovecot.password,
      EVENT_EMAIL_FOLDER: 'INBOX,Nowhere',
    });
    try {
      const { stdout } = await shell.run('npm run -s pmx -- test-connection');
      const lines = stdout.split('\n').filter((line) => line.includes('mailbox'));
      expect(lines).toEqual([
        expect.stringMatching(/^✅ mailbox email\/INBOX: /),
        expect.stringMatching(
          /^❌ mailbox email\/Nowhere: .* → create the folder, or name another in EVENT_EMAIL_FOLDER$/,
        ),
      ]);
    } finally {
      await shell.close();
    }
  });

  it('is never taken in plain text unless the operator says so', async () => {
    const plain = await startDovecot(program);
    try {
      const of = { EVENT_EMAIL_IMAP_PORT: String(plain.port) };
      expect(await reasonWith(of)).toMatchObject({
        reason: 'tls',
        fix: expect.stringContaining('EVENT_EMAIL_IMAP_SECURITY'),
      });
      expect(await reasonWith({ ...of, EVENT_EMAIL_IMAP_SECURITY: 'tls' })).toMatchObject({ reason: 'tls' });
      expect(await reasonWith({ ...of, EVENT_EMAIL_IMAP_SECURITY: 'none' })).toEqual({ reason: 'ok' });
      expect(
        await reasonWith({ ...of, EVENT_EMAIL_IMAP_SECURITY: 'none', EVENT_EMAIL_PASSWORD: 'wrong' }),
      ).toMatchObject({ reason: 'auth', fix: expect.stringContaining('EVENT_EMAIL_PASSWORD') });
    } finally {
      await plain.stop();
    }
  });
});
