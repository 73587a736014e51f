import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openTestBus } from '@proxmox-mcp/bus/testing';
import { startMailService } from './mail-service.ts';

/** Talks just enough IMAP for a login with a token and an empty mailbox. */
async function openServer(isGood: (token: string) => boolean) {
  const tokens: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    const say = (line: string) => socket.write(`${line}\r\n`);
    say('* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] ready');
    createInterface({ input: socket }).on('line', (line) => {
      const [tag = '', command = '', ...rest] = line.split(' ');
      if (command.toUpperCase() === 'AUTHENTICATE') {
        const said = Buffer.from(rest[1] ?? '', 'base64').toString();
        const token = /auth=Bearer ([^\u0001]+)/.exec(said)?.[1] ?? '';
        tokens.push(token);
        say(isGood(token) ? `${tag} OK done` : `${tag} NO [AUTHENTICATIONFAILED] expired`);
        return;
      }
      if (command === 'SELECT') {
        say('* FLAGS (\\Seen)');
        say('* 0 EXISTS');
        say('* OK [UIDVALIDITY 7] ok');
        say('* OK [UIDNEXT 1] ok');
      }
      if (command === 'CAPABILITY') say('* CAPABILITY IMAP4rev1 AUTH=XOAUTH2');
      if (command === 'UID') say('* SEARCH');
      say(`${tag} OK done`);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, tokens, port: (server.address() as AddressInfo).port };
}

it('reads the OAuth2 token from its file at every login', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pmx-oauth-'));
  const file = join(folder, 'token');
  await writeFile(file, 'old-token\n');
  const { server, tokens, port } = await openServer((token) => token === 'new-token');
  const t = await openTestBus();
  const service = await startMailService(t.bus, {
    EVENT_EMAIL_IMAP_SERVER: '127.0.0.1',
    EVENT_EMAIL_IMAP_PORT: String(port),
    EVENT_EMAIL_IMAP_SECURITY: 'none',
    EVENT_EMAIL_USERNAME: 'ops@example.net',
    EVENT_EMAIL_OAUTH_TOKEN_FILE: file,
  });
  try {
    const refused = await service.sourceIs('email/INBOX', 'auth');
    expect(JSON.stringify(refused)).not.toContain('old-token');
    expect(refused.degraded[0]?.fix).toContain('EVENT_EMAIL_OAUTH_TOKEN_FILE');
    await writeFile(file, 'new-token\n');
    await service.sourceIs('email/INBOX', 'ok');
    expect(new Set(tokens)).toEqual(new Set(['old-token', 'new-token']));
  } finally {
    await service.stop();
    await t.close();
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
});
