import { setTimeout as pause } from 'node:timers/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { openTestBus } from '@proxmox-mcp/bus/testing';
import { EmailConfig, ingestEmail } from '@proxmox-mcp/ingest-email';
import { findDovecot, startDovecot } from '@proxmox-mcp/ingest-email/testing';
import { testContext } from '@proxmox-mcp/ingest-kit/testing';
import { filters } from '@proxmox-mcp/schemas';
import { below, percentile, plain, print, printMachine } from './figure.ts';

/**
 * `node tools/bench/src/mail.ts [mails]`: from the moment Dovecot's notice of a new mail (`* n EXISTS`, RFC 9051 §7.4.1) passes on
 * the wire to its event on the embedded bus. What the server itself takes to notice a delivery is told, and is not ours.
 */
const MAILS = Number(process.argv[2] ?? 200);
const WARM_UP = 20;
const LOST_AFTER_MS = 10_000;

const program = await findDovecot(process.env);
if (program === undefined) throw new Error('no dovecot: tools/peers/dovecot.sh installs it');
printMachine();
const dovecot = await startDovecot(program);
const t = await openTestBus();
let noticedAt = 0;
const proxy = await listenForNotices(dovecot.port, () => (noticedAt ||= performance.now()));
const service = ingestEmail.create(
  testContext(
    EmailConfig.parse({
      EVENT_EMAIL_IMAP_SERVER: '127.0.0.1',
      EVENT_EMAIL_IMAP_PORT: String(proxy.port),
      EVENT_EMAIL_IMAP_SECURITY: 'none',
      EVENT_EMAIL_USERNAME: dovecot.user,
      EVENT_EMAIL_PASSWORD: dovecot.password,
      EVENT_EMAIL_ALLOWED_FROM: 'root@pve1.example.net',
      EVENT_EMAIL_POLL_INTERVAL: '1740',
    }),
    t.bus,
  ),
);
let stored = Promise.withResolvers<void>();
const consumer = await t.bus.subscribe({ filters: [filters.allEvents], from: 'new' }, () => stored.resolve());
try {
  await service.start(new AbortController().signal);
  while (JSON.stringify(service.details?.()).includes('ok') === false) await pause(20);
  const ours: number[] = [];
  const servers: number[] = [];
  let lost = 0;
  for (let number = 0; number < MAILS + WARM_UP; number++) {
    stored = Promise.withResolvers();
    noticedAt = 0;
    const deliveredAt = performance.now();
    await dovecot.deliver(mail(number));
    const isStored = await Promise.race([
      stored.promise.then(() => true),
      pause(LOST_AFTER_MS, false, { ref: false }),
    ]);
    if (!isStored) lost++;
    // The first mails load the parser and compile the way.
    else if (number >= WARM_UP) {
      ours.push(performance.now() - noticedAt);
      servers.push(noticedAt - deliveredAt);
    }
    await pause(5 + (number % 20));
  }
  print(
    plain(`mail: delivery to the server’s notice, p50 of ${servers.length}`, percentile(servers, 0.5), 'ms'),
  );
  print(plain(`mail: notice to event, p50 of ${ours.length}`, percentile(ours, 0.5), 'ms'));
  print(below(`mail: notice to event, p95 of ${ours.length}`, percentile(ours, 0.95), 'ms', 100));
  print(below('mails never told', lost, 'mails', 1));
} finally {
  await service.stop();
  await consumer.stop();
  proxy.stop();
  await t.close();
  await dovecot.stop();
}

/** Passes bytes on, and says when a notice of new mail is among those of the server. */
async function listenForNotices(target: number, onNotice: () => void) {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true).on('error', () => undefined);
    }
    upstream.on('data', (chunk: Buffer) => {
      if (/^\* \d+ EXISTS/m.test(chunk.toString('latin1'))) onNotice();
    });
    client.pipe(upstream).pipe(client);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop() {
      sockets.forEach((socket) => socket.destroy());
      server.close();
    },
  };
}

/** A backup with a log, as large as they usually are. */
function mail(number: number): string {
  const log = Array.from(
    { length: 200 },
    (_none, line) => `104: 2026-03-14 02:00:04 INFO: line ${line} of the log`,
  );
  return [
    `Subject: vzdump backup status (pve1.example.net): backup failed: problem ${number}`,
    'From: Proxmox VE <root@pve1.example.net>',
    `Message-ID: <${number}@pve1.example.net>`,
    'Date: Sat, 14 Mar 2026 02:07:31 +0100',
    '',
    'VMID    Name     Status    Time    Size    Filename',
    '104     db01     err       3m      0 B     null',
    '',
    'Total running time: 3m',
    '',
    'Logs',
    '====',
    ...log,
    '',
  ].join('\n');
}
