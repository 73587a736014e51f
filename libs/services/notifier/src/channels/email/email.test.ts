import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { Agent } from 'undici';
import * as z from 'zod';
import { ChannelError } from '../channel.ts';
import { describeChannelSettings } from '../../testing/channel-contract.ts';
import { sampleNotification } from '../../testing/samples.ts';
import { openSmtpEnd, type SmtpEnd } from '../../testing/smtp-end.ts';
import { email } from './email.ts';
import { renderEmail } from './render.ts';

const PASSWORD = 's3cr3t-password';
const settings = (port: number, more: Record<string, string> = {}) => ({
  NOTIFY_EMAIL_SERVER: '127.0.0.1',
  NOTIFY_EMAIL_PORT: String(port),
  NOTIFY_EMAIL_FROM: 'Lab <mcp@example.net>',
  NOTIFY_EMAIL_TO: 'ops@example.net, boss@example.net',
  ...more,
});
const login = { NOTIFY_EMAIL_USERNAME: 'mcp', NOTIFY_EMAIL_PASSWORD: PASSWORD };

describeChannelSettings(email, settings(25));

describe('email', () => {
  let end: SmtpEnd | undefined;
  const agent = new Agent();
  afterEach(() => end?.close());
  afterAll(() => agent.destroy());

  function open(port: number, more: Record<string, string> = {}) {
    const config = z.object(email.config).parse(settings(port, more));
    return email.create(config, { dispatcher: agent, now: Date.now });
  }
  async function refusal(port: number, more = {}, signal = AbortSignal.timeout(10_000)) {
    const error: unknown = await open(port, more)
      .send(sampleNotification(), signal)
      .catch((e: unknown) => e);
    if (!(error instanceof ChannelError)) throw new Error('the server accepted');
    const everything = `${error.stack} ${String(error.cause)} ${JSON.stringify(error)}`;
    expect(everything).not.toContain(PASSWORD);
    expect(everything).not.toContain('example.net');
    return { retryable: error.retryable, reason: error.reason };
  }

  it('reaches every recipient with text and HTML, under an id of its own that is the same for every attempt', async () => {
    end = await openSmtpEnd();
    const channel = open(end.port);
    for (let attempt = 0; attempt < 2; attempt++) {
      const sent = await channel.send(sampleNotification(), AbortSignal.timeout(10_000));
      expect(sent.remoteId).toBe('<inc-1-opened-test@example.net>');
    }
    const [first, second] = end.mails;
    expect(first?.to).toEqual(['ops@example.net', 'boss@example.net']);
    for (const mail of [first, second]) {
      expect(mail?.raw).toMatch(/^Message-ID: <inc-1-opened-test@example\.net>\r$/m);
      expect(mail?.raw).toMatch(/^X-Proxmox-MCP-Notification: inc-1-opened-test\r$/im);
      expect(mail?.raw).toMatch(/^Auto-Submitted: auto-generated\r$/m);
      expect(mail?.raw).toMatch(/^Content-Type: multipart\/alternative/m);
    }
  });

  it('answers the opening with its end, in one thread', async () => {
    end = await openSmtpEnd();
    const notification = sampleNotification({ id: 'inc-1-resolved-email', kind: 'resolved' });
    const earlier = { remoteId: '<inc-1-opened-email@example.net>' };
    await open(end.port).send(notification, AbortSignal.timeout(10_000), earlier);
    expect(end.mails[0]?.raw).toMatch(/^In-Reply-To: <inc-1-opened-email@example\.net>\r$/m);
    expect(end.mails[0]?.raw).toMatch(
      /^References: <thread\.inc-1@example\.net>\s+<inc-1-opened-email@example\.net>\r$/m,
    );
  });

  it.each([
    [421, true],
    [450, true],
    [451, true],
    [550, false],
    [552, false],
    [554, false],
  ])('reply %s to the recipient is retryable: %s', async (responseCode, retryable) => {
    end = await openSmtpEnd({
      onRcptTo: (_address, _session, done) =>
        done(Object.assign(new Error('mcp@example.net no'), { responseCode })),
    });
    expect(await refusal(end.port)).toEqual({ retryable, reason: `smtp-${responseCode}` });
  });

  it('keeps what waits while the login is refused or the server takes nobody', async () => {
    end = await openSmtpEnd({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: (_auth, _session, done) => done(new Error('no')),
    });
    const clear = { ...login, NOTIFY_EMAIL_TLS: 'none' };
    expect(await refusal(end.port, clear)).toEqual({ retryable: true, reason: 'login' });
    expect(await refusal(end.port)).toEqual({ retryable: true, reason: 'login' });
    await end.close();
    end = await openSmtpEnd({
      onConnect: (_session, done) => done(Object.assign(new Error('go away'), { responseCode: 554 })),
    });
    expect(await refusal(end.port)).toEqual({ retryable: true, reason: 'smtp-554' });
  });

  it('does not send a password to a server without TLS unless told to', async () => {
    const seen: string[] = [];
    end = await openSmtpEnd({
      allowInsecureAuth: true,
      onAuth: (auth, _session, done) => {
        seen.push(auth.password ?? '');
        done(null, { user: auth.username });
      },
    });
    expect(await refusal(end.port, login)).toMatchObject({ retryable: true });
    expect(seen).toEqual([]);
    const sent = open(end.port, { ...login, NOTIFY_EMAIL_TLS: 'none' });
    await sent.send(sampleNotification(), AbortSignal.timeout(10_000));
    expect(seen).toEqual([PASSWORD]);
  });

  it('gives up a server that says nothing, and can be tried again when none is there', async () => {
    const mute = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address() as AddressInfo;
    try {
      expect(await refusal(port, {}, AbortSignal.timeout(100))).toEqual({
        retryable: true,
        reason: 'timeout',
      });
    } finally {
      mute.close();
    }
    expect(await refusal(1)).toMatchObject({ retryable: true });
  });

  it('shows what strangers wrote as typed, and lets no line break into a header', async () => {
    end = await openSmtpEnd();
    const evil = '<img src=x onerror=a()>\r\nBcc: evil@example.org';
    await open(end.port).send(
      sampleNotification({ title: evil, body: `What: ${evil}`, thread: `x>\r\nBcc: evil@example.org` }),
      AbortSignal.timeout(10_000),
    );
    expect(end.mails[0]?.to).toEqual(['ops@example.net', 'boss@example.net']);
    expect(end.mails[0]?.raw.split('\r\n\r\n')[0]).not.toMatch(/^Bcc:/m);
    const { html } = renderEmail(sampleNotification({ title: evil, body: evil }), { domain: 'd' });
    expect(html).not.toContain('<img');
  });

  it('renders exactly so', () => {
    const links = [{ label: 'Acknowledge', url: 'https://mcp.example.net/act/t?a=1&b=2' }];
    const rendered = renderEmail(sampleNotification(), { domain: 'example.net', links });
    expect(rendered.text).toBe(
      'What: Backup job backup-7c1e failed on pve1\nWhy: job failed with err -5\n\n' +
        'Open: https://mcp.example.net/incidents/inc-1\nAcknowledge: https://mcp.example.net/act/t?a=1&b=2\n',
    );
    expect(rendered.html).toBe(
      '<div style="border-left:4px solid #dc2626;padding:4px 12px;font-family:sans-serif">\n' +
        '<p style="font-weight:bold">ERROR: Backup job backup-7c1e failed on pve1</p>\n' +
        '<p><b>What:</b> Backup job backup-7c1e failed on pve1<br>\n<b>Why:</b> job failed with err -5</p>\n' +
        '<p><a href="https://mcp.example.net/incidents/inc-1">Open</a> · ' +
        '<a href="https://mcp.example.net/act/t?a=1&amp;b=2">Acknowledge</a></p>\n</div>',
    );
    expect(rendered.subject).toBe('ERROR: Backup job backup-7c1e failed on pve1');
  });
});
