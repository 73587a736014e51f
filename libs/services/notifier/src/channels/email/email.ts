import { bool, list, oneOf, port, secret, text } from '@proxmox-mcp/config';
import { ChannelError, defineChannel } from '../channel.ts';
import { messageIdOf, renderEmail } from './render.ts';
import { smtpError } from './smtp-error.ts';

/** `a@b`, or `Name <a@b>`. */
const ADDRESS = /^(?:[^\r\n<>@]{0,200}<)?[^\s@<>]{1,64}@[^\s@<>]{1,255}>?$/;

type Tls = 'auto' | 'implicit' | 'starttls' | 'none';

/** Mail by SMTP submission (RFC 6409), one connection per mail. */
export const email = defineChannel({
  name: 'email',
  words: ['EMAIL', 'EMAIL_OUT', 'NOTIFY_EMAIL'],
  switchKey: 'NOTIFY_EMAIL_ENABLED',
  config: {
    NOTIFY_EMAIL_ENABLED: bool().optional().describe('Send notifications by mail.'),
    NOTIFY_EMAIL_SERVER: text().optional().describe('Name or address of the SMTP server.'),
    NOTIFY_EMAIL_PORT: port().default(587).describe('Port of the SMTP server.'),
    NOTIFY_EMAIL_TLS: oneOf(['auto', 'implicit', 'starttls', 'none'])
      .default('auto')
      .describe(
        'auto: implicit on port 465, else STARTTLS, which must be there when a password is set; implicit, starttls: always, verified; none: never.',
      ),
    NOTIFY_EMAIL_FROM: text()
      .refine((from) => ADDRESS.test(from), 'expected an address')
      .optional()
      .describe('Sender, e.g. proxmox-mcp@example.net.'),
    NOTIFY_EMAIL_TO: list()
      .refine((to) => to.every((one) => ADDRESS.test(one)), 'expected addresses separated by commas')
      .optional()
      .describe('Recipients, separated by commas.'),
    NOTIFY_EMAIL_USERNAME: text().optional().describe('User at the SMTP server; no login without it.'),
    NOTIFY_EMAIL_PASSWORD: secret().optional().describe('Password of that user.'),
  },
  faults: (config) => [
    ...(config.NOTIFY_EMAIL_SERVER === undefined
      ? [{ key: 'NOTIFY_EMAIL_SERVER', message: 'name of the SMTP server' }]
      : []),
    ...(config.NOTIFY_EMAIL_FROM === undefined
      ? [{ key: 'NOTIFY_EMAIL_FROM', message: 'address of the sender' }]
      : []),
    ...(config.NOTIFY_EMAIL_TO === undefined || config.NOTIFY_EMAIL_TO.length === 0
      ? [{ key: 'NOTIFY_EMAIL_TO', message: 'address of a recipient' }]
      : []),
    ...(config.NOTIFY_EMAIL_USERNAME !== undefined && config.NOTIFY_EMAIL_PASSWORD === undefined
      ? [{ key: 'NOTIFY_EMAIL_PASSWORD', message: 'password of NOTIFY_EMAIL_USERNAME' }]
      : []),
  ],
  create: (config, { actLinks }) => {
    const { NOTIFY_EMAIL_FROM: from = '', NOTIFY_EMAIL_TO: to = [], NOTIFY_EMAIL_USERNAME: user } = config;
    const domain = /@([^\s@<>]+)>?$/.exec(from)?.[1] ?? 'localhost';
    return {
      async send(notification, signal, earlier) {
        // Not before the first mail: most installations send none, and the library takes its megabytes.
        const { createTransport } = await import('nodemailer');
        // A transport per mail: it keeps nothing open that somebody would have to close.
        const transport = createTransport({
          host: config.NOTIFY_EMAIL_SERVER ?? '',
          port: config.NOTIFY_EMAIL_PORT,
          ...tlsOptions(config.NOTIFY_EMAIL_TLS, config.NOTIFY_EMAIL_PORT, user !== undefined),
          ...(user === undefined ? {} : { auth: { user, pass: config.NOTIFY_EMAIL_PASSWORD ?? '' } }),
          disableFileAccess: true,
          disableUrlAccess: true,
        });
        const links = actLinks?.(notification) ?? [];
        try {
          await transport.sendMail({
            from,
            to,
            ...renderEmail(notification, { domain, earlier, links }),
            signal,
          });
        } catch (error) {
          if (signal.aborted) throw timedOut();
          throw smtpError(error);
        } finally {
          transport.close();
        }
        return { remoteId: messageIdOf(notification.id, domain) };
      },
    };
  },
});

function timedOut(): ChannelError {
  return new ChannelError({ retryable: true, reason: 'timeout', message: 'sending mail: timeout' });
}

/** TLS as nodemailer wants it told. */
function tlsOptions(mode: Tls, portNumber: number, hasPassword: boolean) {
  switch (mode) {
    case 'none':
      return { secure: false, ignoreTLS: true };
    case 'implicit':
      return { secure: true };
    case 'starttls':
      return { secure: false, requireTLS: true };
    case 'auto':
      if (portNumber === 465) return { secure: true };
      // A password must not go out in the clear because somebody cut STARTTLS out of the greeting. Without one, clear text
      // would do, so a certificate that nobody signed is better than none.
      return hasPassword
        ? { secure: false, requireTLS: true }
        : { secure: false, tls: { rejectUnauthorized: false } };
  }
}
