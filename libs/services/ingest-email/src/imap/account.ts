import type { HostTls, Inventory } from '@proxmox-mcp/schemas';
import type { EmailConfig, FirstRead, Security } from '../config.ts';

/** One login at one IMAP server. */
export interface Account {
  /** `email` for the one of the variables, `email-<name>` for those of the inventory. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly security: Security;
  readonly tls: HostTls;
  readonly username: string;
  readonly secret: AccountSecret;
  readonly folders: readonly string[];
  readonly firstRead: FirstRead;
  readonly markSeen: boolean;
  readonly pollMs: number;
  /** How the operator wrote a setting, for messages that say what to change. */
  readonly keyOf: (setting: AccountSetting) => string;
}

/** A file is read at every login, so that what renews it need not restart us. */
export type AccountSecret =
  | { readonly kind: 'password'; readonly value: string }
  | { readonly kind: 'password-file'; readonly file: string }
  | { readonly kind: 'token-file'; readonly file: string };

export type AccountSetting =
  | 'imap_server'
  | 'imap_port'
  | 'imap_security'
  | 'imap_fingerprint'
  | 'username'
  | 'password'
  | 'oauth_token_file'
  | 'folder';

const TLS_PORT = 993;

/** The mailboxes to read: the account of the variables first, then those of `email.accounts` in `config/inventory.yaml`. */
export function readAccounts(config: EmailConfig, inventory: Inventory): Account[] {
  const first = firstAccount(config);
  const others = (inventory.email?.accounts ?? []).map((account) => otherAccount(account, config));
  return first === undefined ? others : [first, ...others];
}

function firstAccount(config: EmailConfig): Account | undefined {
  const { EVENT_EMAIL_IMAP_SERVER: host, EVENT_EMAIL_USERNAME: username } = config;
  const { EVENT_EMAIL_PASSWORD: password, EVENT_EMAIL_OAUTH_TOKEN_FILE: tokenFile } = config;
  // The settings are refused where one of them is missing.
  if (host === undefined || username === undefined) return undefined;
  return {
    name: 'email',
    host,
    port: config.EVENT_EMAIL_IMAP_PORT,
    security: securityOf(config.EVENT_EMAIL_IMAP_SECURITY, config.EVENT_EMAIL_IMAP_PORT),
    tls: tlsOf(
      config.EVENT_EMAIL_IMAP_FINGERPRINT,
      config.EVENT_EMAIL_IMAP_VERIFY_SSL,
      config.EVENT_EMAIL_IMAP_CA_FILE,
    ),
    username,
    secret:
      tokenFile === undefined
        ? { kind: 'password', value: password ?? '' }
        : { kind: 'token-file', file: tokenFile },
    folders: [...new Set(config.EVENT_EMAIL_FOLDER)],
    ...shared(config),
    keyOf: (setting) => `EVENT_EMAIL_${setting.toUpperCase()}`,
  };
}

type Written = NonNullable<NonNullable<Inventory['email']>['accounts']>[number];

function otherAccount(written: Written, config: EmailConfig): Account {
  const { name, imap_server: host, imap_port: port, username } = written;
  return {
    name: `email-${name}`,
    host,
    port,
    security: securityOf(written.imap_security, port),
    tls: tlsOf(written.imap_fingerprint, written.imap_verify_ssl, written.imap_ca_file),
    username,
    secret:
      written.oauth_token_file === undefined
        ? { kind: 'password-file', file: written.password_file ?? '' }
        : { kind: 'token-file', file: written.oauth_token_file },
    folders: [...new Set(written.folders)],
    ...shared(config),
    keyOf: (setting) => {
      const words: Partial<Record<AccountSetting, string>> = { password: 'password_file', folder: 'folders' };
      return `email.accounts, ${name}: ${words[setting] ?? setting} (config/inventory.yaml)`;
    },
  };
}

function shared(config: EmailConfig): Pick<Account, 'firstRead' | 'markSeen' | 'pollMs'> {
  return {
    firstRead: config.EVENT_EMAIL_FIRST_READ,
    markSeen: config.EVENT_EMAIL_MARK_SEEN,
    pollMs: config.EVENT_EMAIL_POLL_INTERVAL * 1_000,
  };
}

function securityOf(said: Security | undefined, port: number): Security {
  return said ?? (port === TLS_PORT ? 'tls' : 'starttls');
}

function tlsOf(fingerprint: string | undefined, verify: boolean, caFile: string | undefined): HostTls {
  if (fingerprint !== undefined) return { kind: 'pin', fingerprint };
  if (!verify) return { kind: 'insecure' };
  return { kind: 'verify', ...(caFile === undefined ? {} : { caFile }) };
}
