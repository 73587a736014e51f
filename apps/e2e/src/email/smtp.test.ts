import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BusUnavailable, type Bus } from '@proxmox-mcp/bus';
import { beforePublishing, openTestBus, type TestBus } from '@proxmox-mcp/bus/testing';
import { createLab, createSteppedClock, makeCertificate, startSenders } from '@proxmox-mcp/lab-kit';
import { Inventory } from '@proxmox-mcp/schemas';
import { createTransport } from 'nodemailer';
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import { failedBackup, startMailService, titlesOf, type MailService } from './mail-service.ts';

const certificate = makeCertificate('mail.example.net', new Date(Date.now() - 1_000));
let folder: string;
let t: TestBus;
let service: MailService | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pmx-smtp-'));
  await writeFile(join(folder, 'cert.pem'), certificate.cert);
  await writeFile(join(folder, 'key.pem'), certificate.key);
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => (t = await openTestBus()));
afterEach(async () => {
  await service?.stop();
  service = undefined;
  await t.close();
});

async function start(more: Readonly<Record<string, string>> = {}, bus: Bus = t.bus, inventory?: Inventory) {
  const env = {
    EVENT_EMAIL_SMTP_LISTEN_PORT: '0',
    EVENT_EMAIL_ALLOWED_FROM: 'pve@example.net, root@<node>',
    ...more,
  };
  return (service = await startMailService(bus, env, inventory === undefined ? {} : { inventory }));
}

interface Sending {
  readonly mail: string;
  readonly auth?: { readonly user: string; readonly pass: string };
  readonly tls?: SMTPConnection.Options['tls'];
  readonly requireTLS?: boolean;
  readonly to?: readonly string[];
}

/** Sends as a host's SMTP target does, one attempt. @returns the server's last word. */
async function send({ mail, to = ['ops@example.net'], ...options }: Sending): Promise<string> {
  const transport = createTransport({
    host: 'localhost',
    port: Number(service?.details['port']),
    ...(options.tls === undefined ? { ignoreTLS: true } : {}),
    ...options,
  });
  try {
    const sent = await transport.sendMail({ envelope: { from: 'pve@example.net', to: [...to] }, raw: mail });
    return sent.response;
  } catch (err) {
    return (err as { response?: string }).response ?? String(err);
  } finally {
    transport.close();
  }
}

it('answers when the events are stored, and knows the sender by its address where nothing else tells', async () => {
  const { titles, events } = await start();
  const fromTarget = failedBackup(1, { from: 'Proxmox VE <pve@example.net>' });
  expect(await send({ mail: fromTarget })).toMatch(/^250 /);
  expect(await send({ mail: fromTarget })).toMatch(/^250 /);
  expect(await titles(1)).toEqual(titlesOf(1));
  const replication = [
    "Subject: Replication Job: '110-0' failed",
    'From: Proxmox VE <pve@example.net>',
    'Date: Sat, 14 Mar 2026 02:07:31 +0100',
    '',
    "Replication job '110-0' with target 'pve1' and schedule '*/15' failed!",
    'Failure count: 1',
  ].join('\r\n');
  expect(await send({ mail: replication })).toMatch(/^250 /);
  await titles(2);
  expect(events[1]).toMatchObject({ type: 'replication.job.failed', node: 'pve2', source: 'atlas' });
});

it('refuses strangers, mails too large, and too many recipients', async () => {
  const { deadLetters, counts, sourceIs } = await start();
  const stranger = await send({ mail: failedBackup(1, { from: 'Proxmox VE <root@pve1.example.org>' }) });
  expect(stranger).toMatch(/^550 5\.7\.1 sender-not-allowed: root@pve1\.example\.org/);
  expect((await sourceIs('email-smtp', 'sender')).degraded[0]).toMatchObject({
    reason: 'sender',
    fix: 'if it is yours: add root@pve1.example.org to EVENT_EMAIL_ALLOWED_FROM',
  });
  expect(
    await send({
      mail: failedBackup(2).replace('backup failed', 'backup successful').split('VMID')[0] ?? '',
    }),
  ).toMatch(/^550 .*unrecognised-body/);
  expect(deadLetters.map(({ reason }) => reason)).toEqual(['sender-not-allowed', 'unrecognised-body']);
  expect(await send({ mail: failedBackup(3) + 'x'.repeat(9_000_000) })).toMatch(/^552 /);
  const to = Array.from({ length: 30 }, (_none, index) => `ops${index}@example.net`);
  expect(await send({ mail: failedBackup(4), to })).toMatch(/^250 /);
  expect(counts.get('email_smtp_answers_total{code=550}')).toBe(2);
});

it('tells the sender to try again while the bus is away', async () => {
  let isAway = true;
  const failing = beforePublishing(t.bus, () => {
    if (isAway) throw new BusUnavailable('away');
  });
  const { titles } = await start({}, failing);
  expect(await send({ mail: failedBackup(1) })).toMatch(/^451 /);
  isAway = false;
  expect(await send({ mail: failedBackup(1) })).toMatch(/^250 /);
  expect(await titles(1)).toEqual(titlesOf(1));
});

it('asks for a login over STARTTLS where one is set', async () => {
  const { titles } = await start({
    EVENT_EMAIL_SMTP_USERNAME: 'proxmox',
    EVENT_EMAIL_SMTP_PASSWORD: 'right',
    EVENT_EMAIL_SMTP_CERT_FILE: join(folder, 'cert.pem'),
    EVENT_EMAIL_SMTP_KEY_FILE: join(folder, 'key.pem'),
  });
  const tls = { ca: certificate.cert };
  const [mail, auth] = [failedBackup(1), { user: 'proxmox', pass: 'right' }];
  expect(await send({ mail })).toMatch(/^530 /);
  expect(await send({ mail, auth })).toMatch(/^5\d\d |Missing credentials|AUTH/i);
  expect(await send({ mail, tls, requireTLS: true })).toMatch(/^530 /);
  expect(await send({ mail, tls, requireTLS: true, auth: { ...auth, pass: 'wrong' } })).toMatch(/^535 /);
  expect(await send({ mail, tls, requireTLS: true, auth })).toMatch(/^250 /);
  expect(await titles(1)).toEqual(titlesOf(1));
});

it('offers neither encryption nor login that it does not have, and lets go of whoever says nothing', async () => {
  const { details } = await start();
  const socket = connect(Number(details['port']), '127.0.0.1');
  const [greeting] = (await once(socket, 'data')) as [Buffer];
  expect(greeting.toString()).toMatch(/^220 /);
  socket.write('EHLO pve1\r\n');
  const [capabilities] = (await once(socket, 'data')) as [Buffer];
  expect(capabilities.toString()).toContain('SIZE 8388608');
  expect(capabilities.toString()).not.toMatch(/STARTTLS|AUTH/);
  const closed = once(socket, 'close');
  await service?.stop();
  service = undefined;
  await closed;
});

it('understands every notification of the lab as both targets write it', async () => {
  const clock = createSteppedClock(Date.UTC(2026, 2, 14, 1, 0, 0));
  const lab = createLab({ clock, seed: 'mail' });
  const sources = lab.world.sites.map((site) => ({
    id: site.clusterName ?? [...site.nodes.keys()][0],
    product: 'pve',
    cluster: site.clusterName ?? null,
    nodes: [...site.nodes.keys()].map((name) => ({ name })),
  }));
  const inventory = Inventory.parse({
    sources: [...sources, { id: lab.pbs.name, product: 'pbs', nodes: [{ name: lab.pbs.name }] }],
  });
  const mail = await start({ EVENT_EMAIL_ALLOWED_FROM: 'proxmox@example.net' }, t.bus, inventory);
  const senders = startSenders(lab, { smtp: { host: '127.0.0.1', port: Number(mail.details['port']) } });
  const playing = lab.play('nightly-backup-failure');
  let over = false;
  void playing.done.then(() => (over = true));
  while (!over) {
    clock.advance(10_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await senders.stop();
  await mail.titles(1);
  expect(mail.deadLetters).toEqual([]);
  expect(mail.events.map(({ type }) => type)).toContain('backup.job.failed');
});
