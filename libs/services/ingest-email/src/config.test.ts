import { loadSettings, SettingsError } from '@proxmox-mcp/config';
import { EmailConfig } from './config.ts';

const OWNER = { name: 'ingest-email', config: EmailConfig };
const IMAP = {
  EVENT_EMAIL_IMAP_SERVER: 'imap.example.net',
  EVENT_EMAIL_USERNAME: 'ops',
  EVENT_EMAIL_PASSWORD: 'secret',
};
const SMTP = { EVENT_EMAIL_SMTP_LISTEN_PORT: '2525' };
const LOGIN = { EVENT_EMAIL_SMTP_USERNAME: 'pve', EVENT_EMAIL_SMTP_PASSWORD: 'secret' };

function faultsOf(env: Record<string, string>): string[] {
  try {
    loadSettings([OWNER], { env, envFile: '/nonexistent', configDir: '/nonexistent' });
    return [];
  } catch (err) {
    if (!(err instanceof SettingsError)) throw err;
    expect(JSON.stringify(err.faults)).not.toContain('secret"');
    return err.faults.map(({ key }) => key);
  }
}

it.each<[string, Record<string, string>]>([
  ['nothing', {}],
  ['a mailbox', IMAP],
  ['a mailbox with several folders', { ...IMAP, EVENT_EMAIL_FOLDER: 'INBOX, Proxmox' }],
  ['a receiver', SMTP],
  ['a receiver with a login on loopback', { ...SMTP, ...LOGIN }],
])('takes %s', (_what, env) => expect(faultsOf(env)).toEqual([]));

it.each<[string, Record<string, string>, string[]]>([
  ['mail that is on and comes from nowhere', { EVENT_EMAIL_ENABLED: 'yes' }, ['EVENT_EMAIL_IMAP_SERVER']],
  [
    'a mailbox without a login',
    { EVENT_EMAIL_IMAP_SERVER: 'imap.example.net' },
    ['EVENT_EMAIL_USERNAME', 'EVENT_EMAIL_PASSWORD'],
  ],
  ['two secrets', { ...IMAP, EVENT_EMAIL_OAUTH_TOKEN_FILE: '/run/token' }, ['EVENT_EMAIL_PASSWORD']],
  ['no folder', { ...IMAP, EVENT_EMAIL_FOLDER: ' , ' }, ['EVENT_EMAIL_FOLDER']],
  [
    'half a fingerprint',
    { ...IMAP, EVENT_EMAIL_IMAP_FINGERPRINT: 'AB:CD' },
    ['EVENT_EMAIL_IMAP_FINGERPRINT'],
  ],
  [
    'a certificate without its key',
    { ...SMTP, EVENT_EMAIL_SMTP_CERT_FILE: 'c' },
    ['EVENT_EMAIL_SMTP_KEY_FILE'],
  ],
  [
    'a login that the network could read',
    { ...SMTP, ...LOGIN, EVENT_EMAIL_SMTP_LISTEN_HOST: '0.0.0.0' },
    ['EVENT_EMAIL_SMTP_CERT_FILE'],
  ],
])('refuses %s, and names the setting', (_what, env, keys) => expect(faultsOf(env)).toEqual(keys));
