import { bool, int, list, oneOf, port, secret, text } from '@proxmox-mcp/config';
import * as z from 'zod';

/** How a connection to a mailbox is protected. */
export const SECURITIES = ['tls', 'starttls', 'none'] as const;
export type Security = (typeof SECURITIES)[number];

/** What a first start reads of the mail that is there already. */
export const FIRST_READS = ['recent', 'new', 'all'] as const;
export type FirstRead = (typeof FIRST_READS)[number];

const PINNED = /^(?:[0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$/;
const LOOPBACK = /^(?:127\.|::1$|localhost$)/;

export const EmailConfig = z
  .object({
    EVENT_EMAIL_ENABLED: bool()
      .optional()
      .describe(
        'Reads notification mails of PVE and PBS. Unset: on where EVENT_EMAIL_IMAP_SERVER or EVENT_EMAIL_SMTP_LISTEN_PORT is set',
      ),
    EVENT_EMAIL_IMAP_SERVER: text().optional().describe('IMAP server with the mailbox the hosts write to'),
    EVENT_EMAIL_IMAP_PORT: port().default(993).describe('IMAP port; 993 speaks TLS from the start'),
    EVENT_EMAIL_IMAP_SECURITY: oneOf(SECURITIES)
      .optional()
      .describe(
        'tls: from the start; starttls: required before login; none: login in plain text. Unset: tls on port 993, else starttls',
      ),
    EVENT_EMAIL_IMAP_VERIFY_SSL: bool()
      .default(true)
      .describe('Checks the server’s certificate; off: any is believed'),
    EVENT_EMAIL_IMAP_FINGERPRINT: text()
      .optional()
      .describe('SHA-256 of the server’s certificate, which is then the only one believed'),
    EVENT_EMAIL_IMAP_CA_FILE: text()
      .optional()
      .describe('PEM file of the authority that signed the server’s certificate'),
    EVENT_EMAIL_USERNAME: text().optional().describe('Login name of the mailbox'),
    EVENT_EMAIL_PASSWORD: secret()
      .optional()
      .describe('Password of the mailbox; providers with two factors want an app password'),
    EVENT_EMAIL_OAUTH_TOKEN_FILE: text()
      .optional()
      .describe(
        'File with an OAuth2 access token, instead of a password. Read again at every login: whatever renews it just writes it',
      ),
    EVENT_EMAIL_FOLDER: list()
      .default(['INBOX'])
      .describe('Folders to read, separated by commas; one connection each'),
    EVENT_EMAIL_POLL_INTERVAL: int(1, 1_740)
      .default(60)
      .describe(
        'Seconds between two looks at a mailbox whose server cannot notify (IDLE), and between two checks of one that can',
      ),
    EVENT_EMAIL_FIRST_READ: oneOf(FIRST_READS)
      .default('recent')
      .describe(
        'What a first start reads of the mail that is there: recent (unread of the last 24 hours), new (none), all',
      ),
    EVENT_EMAIL_MARK_SEEN: bool()
      .default(true)
      .describe('Marks a mail as read once its events are stored; mail that is refused stays unread'),
    EVENT_EMAIL_ALLOWED_FROM: list()
      .optional()
      .describe(
        'Senders to believe, besides those of config/inventory.yaml: pve@example.net, *@example.net, root@<node>. None anywhere: the nodes’ own addresses',
      ),
    EVENT_EMAIL_SMTP_LISTEN_PORT: port()
      .optional()
      .describe('Receives mail from the hosts directly (2525 is usual); 0 takes a free port. Unset: off'),
    EVENT_EMAIL_SMTP_LISTEN_HOST: text()
      .default('127.0.0.1')
      .describe('Address the SMTP receiver listens on; open it to the hosts with their network’s address'),
    EVENT_EMAIL_SMTP_USERNAME: text()
      .optional()
      .describe('Login that senders must show; unset: none is asked for'),
    EVENT_EMAIL_SMTP_PASSWORD: secret().optional().describe('Password of that login'),
    EVENT_EMAIL_SMTP_CERT_FILE: text()
      .optional()
      .describe('PEM file of a certificate: senders can then use STARTTLS'),
    EVENT_EMAIL_SMTP_KEY_FILE: text().optional().describe('PEM file of its key'),
  })
  .superRefine((settings, ctx) => {
    const fault = (key: keyof typeof settings, message: string) =>
      ctx.addIssue({ code: 'custom', path: [key], message });
    if (settings.EVENT_EMAIL_IMAP_SERVER !== undefined) checkImap(settings, fault);
    else if (settings.EVENT_EMAIL_ENABLED === true && settings.EVENT_EMAIL_SMTP_LISTEN_PORT === undefined) {
      fault(
        'EVENT_EMAIL_IMAP_SERVER',
        'missing: mail is on, but there is no server to read and no SMTP port',
      );
    }
    if (settings.EVENT_EMAIL_SMTP_LISTEN_PORT !== undefined) checkSmtp(settings, fault);
  });
export type EmailConfig = z.infer<typeof EmailConfig>;

type Fault = (key: keyof EmailConfig, message: string) => void;

function checkImap(settings: EmailConfig, fault: Fault): void {
  const { EVENT_EMAIL_PASSWORD: password, EVENT_EMAIL_OAUTH_TOKEN_FILE: tokenFile } = settings;
  if (settings.EVENT_EMAIL_USERNAME === undefined) fault('EVENT_EMAIL_USERNAME', 'missing');
  if (password === undefined && tokenFile === undefined) {
    fault('EVENT_EMAIL_PASSWORD', 'missing: set it, or EVENT_EMAIL_OAUTH_TOKEN_FILE');
  } else if (password !== undefined && tokenFile !== undefined) {
    fault('EVENT_EMAIL_PASSWORD', 'set together with EVENT_EMAIL_OAUTH_TOKEN_FILE; keep one');
  }
  if (settings.EVENT_EMAIL_FOLDER.length === 0) fault('EVENT_EMAIL_FOLDER', 'names no folder');
  const pin = settings.EVENT_EMAIL_IMAP_FINGERPRINT;
  if (pin !== undefined && !PINNED.test(pin)) {
    fault('EVENT_EMAIL_IMAP_FINGERPRINT', 'expected a SHA-256 fingerprint, 32 pairs of hex digits');
  }
}

function checkSmtp(settings: EmailConfig, fault: Fault): void {
  const { EVENT_EMAIL_SMTP_USERNAME: user, EVENT_EMAIL_SMTP_PASSWORD: password } = settings;
  const { EVENT_EMAIL_SMTP_CERT_FILE: cert, EVENT_EMAIL_SMTP_KEY_FILE: key } = settings;
  if (user !== undefined && password === undefined) fault('EVENT_EMAIL_SMTP_PASSWORD', 'missing');
  if (user === undefined && password !== undefined) fault('EVENT_EMAIL_SMTP_USERNAME', 'missing');
  if (cert !== undefined && key === undefined) fault('EVENT_EMAIL_SMTP_KEY_FILE', 'missing');
  if (cert === undefined && key !== undefined) fault('EVENT_EMAIL_SMTP_CERT_FILE', 'missing');
  if (user !== undefined && cert === undefined && !LOOPBACK.test(settings.EVENT_EMAIL_SMTP_LISTEN_HOST)) {
    fault(
      'EVENT_EMAIL_SMTP_CERT_FILE',
      'missing: without a certificate the network could read the password of EVENT_EMAIL_SMTP_USERNAME',
    );
  }
}
