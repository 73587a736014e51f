import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { startSenders } from './index.ts';
import { renderMail } from './mail-text.ts';
import { NOTIFICATION, PBS1, PVE1, talker } from './samples.ts';

const ROUTE = { from: 'pve@example.net', to: 'ops@example.net', timeZone: 'Europe/Berlin' } as const;

it('writes what the SMTP target writes', () => {
  const mail = renderMail(PVE1, NOTIFICATION, { ...ROUTE, style: 'smtp' });
  const boundary = /boundary="([A-Za-z0-9]{40})"/.exec(mail)?.[1];
  expect(mail.split('\r\n')).toEqual([
    'From: Proxmox VE <pve@example.net>',
    'To: ops@example.net',
    "Subject: Garbage Collect Datastore 'tank-main' successful ",
    'MIME-Version: 1.0',
    'Date: Sat, 14 Mar 2026 05:21:51 +0100',
    'Content-Type: multipart/alternative;',
    ` boundary="${boundary}"`,
    'Auto-Submitted: auto-generated;',
    '',
    `--${boundary}`,
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 7bit',
    '',
    'Datastore:            tank-main',
    'Removed garbage:      16 GiB',
    '',
    'Garbage collection successful.',
    '',
    `--${boundary}`,
    'Content-Type: text/html; charset=utf-8',
    'Content-Transfer-Encoding: 7bit',
    '',
    '<html><body><pre>',
    'Datastore:            tank-main',
    'Removed garbage:      16 GiB',
    '',
    'Garbage collection successful.',
    '</pre></body></html>',
    `--${boundary}--`,
    '',
  ]);
  expect(mail).not.toMatch(/Message-ID/i);
});

it('writes what sendmail hands on: the node is the author, and the MTA adds its lines', () => {
  const head = renderMail(PBS1, NOTIFICATION, { ...ROUTE, style: 'sendmail' }).split('\r\n\r\n', 1)[0] ?? '';
  expect(head).toContain('From: Proxmox Backup Server - pbs1 <root@pbs1.example.net>');
  expect(head).toContain('boundary="----_=_NextPart_002_1773462111"');
  expect(head).toMatch(
    /\r\nReceived: by pbs1\.example\.net \(Postfix, from userid 0\)\r\n\tid [0-9A-F]+; Sat, 14 Mar/,
  );
  expect(head).toMatch(/\r\nMessage-Id: <[^>]+@pbs1\.example\.net>$/);
});

it('encodes what is not ASCII, in the subject and in both parts', () => {
  const title = 'Sicherung „größer als gedacht“ fehlgeschlagen: überlaufen';
  const mail = renderMail(
    PVE1,
    { ...NOTIFICATION, title, body: 'Gerät voll\n' },
    { ...ROUTE, style: 'smtp' },
  );
  const words = [...mail.matchAll(/=\?UTF-8\?B\?([^?]+)\?=/g)].map((match) => match[1] ?? '');
  expect(words.length).toBeGreaterThan(1);
  expect(words.map((word) => Buffer.from(word, 'base64').toString('utf8')).join('')).toBe(title);
  expect(mail).toContain(`base64\r\n\r\n${Buffer.from('Gerät voll\n').toString('base64')}`);
  expect(/[^\r\n -~\t]/.test(mail)).toBe(false);
});

/** The least SMTP server that can be spoken to; `mails` are what it took. */
async function openSmtp(): Promise<{ server: Server; port: number; mails: { to: string; data: string }[] }> {
  const mails: { to: string; data: string }[] = [];
  const server = createServer((socket) => {
    let buffer = '';
    let to = '';
    let isData = false;
    socket.write('220 lab\r\n');
    socket.on('data', (chunk) => {
      buffer += String(chunk);
      for (;;) {
        const end = buffer.indexOf(isData ? '\r\n.\r\n' : '\r\n');
        if (end === -1) return;
        const text = buffer.slice(0, end);
        buffer = buffer.slice(end + (isData ? 5 : 2));
        if (isData) {
          mails.push({ to, data: text });
          isData = false;
          socket.write('250 ok\r\n');
          continue;
        }
        if (/^RCPT TO:/i.test(text)) to = text.slice(8);
        isData = /^DATA/i.test(text);
        socket.write(isData ? '354 go\r\n' : /^QUIT/i.test(text) ? '221 bye\r\n' : '250 ok\r\n');
      }
    });
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A TCP server's address is never a pipe name.
  return { server, port: (server.address() as AddressInfo).port, mails };
}

it('delivers by SMTP, byte for byte', async () => {
  const { server, port, mails } = await openSmtp();
  const lab = talker();
  const senders = startSenders(lab, { smtp: { host: '127.0.0.1', port, from: 'pve@example.net' } });
  try {
    lab.onNotification(PVE1, NOTIFICATION);
    await senders.settled();
    expect(senders.failures()).toEqual([]);
    expect(mails).toHaveLength(1);
    expect(mails[0]?.to).toContain('<ops@example.net>');
    expect(mails[0]?.data.split('\r\n').slice(0, 3)).toEqual([
      'From: Proxmox VE <pve@example.net>',
      'To: ops@example.net',
      "Subject: Garbage Collect Datastore 'tank-main' successful ",
    ]);
    expect(mails[0]?.data).not.toMatch(/Message-ID/i);
  } finally {
    await senders.stop();
    server.close();
  }
});
