import type { Trouble } from '@proxmox-mcp/ingest-kit';
import type { ImapFlowError } from 'imapflow';
import type { Account } from './account.ts';
import { CertificateRefused } from './judge-certificate.ts';
import { SecretUnreadable } from './open-session.ts';

/** What keeps a mailbox from being read, and the setting that mends it: read out of the error of a session. It repeats no secret: imapflow's own text does not go further than its code. */
export function troubleOf(err: unknown, account: Account, folder: string): Trouble {
  const { keyOf, host, port, username } = account;
  if (err instanceof CertificateRefused) {
    const { seenFingerprint: seen } = err;
    return {
      reason: 'tls',
      detail: err.message,
      ...(seen === undefined ? {} : { fix: `if it is your server: ${keyOf('imap_fingerprint')}=${seen}` }),
    };
  }
  if (err instanceof SecretUnreadable) {
    const setting = account.secret.kind === 'token-file' ? 'oauth_token_file' : 'password';
    return { reason: 'auth', detail: err.message, fix: `check ${keyOf(setting)}` };
  }
  // imapflow's errors, Node's, or any other: every field may be missing.
  const { authenticationFailed, code, mailboxMissing, responseStatus, responseText, tlsFailed } = (
    typeof err === 'object' && err !== null ? err : {}
  ) as Partial<ImapFlowError>;
  const said = typeof responseText === 'string' ? `: ${responseText.slice(0, 200)}` : '';
  if (authenticationFailed === true) {
    const secret = account.secret.kind === 'token-file' ? 'oauth_token_file' : 'password';
    const fix = `check ${keyOf('username')} and ${keyOf(secret)} (providers with two factors want an app password)`;
    return { reason: 'auth', detail: `the server refuses the login of ${username}${said}`, fix };
  }
  if (mailboxMissing === true || responseStatus === 'NO') {
    const fix = `create the folder, or name another in ${keyOf('folder')}`;
    return { reason: 'mailbox', detail: `the folder ${folder} cannot be opened${said}`, fix };
  }
  if (tlsFailed === true || isPlain(code)) {
    const fix = `set ${keyOf('imap_security')} to tls (with its port, usually 993), or to none where the network is yours`;
    return { reason: 'tls', detail: `${host}:${port} does not offer encryption as set`, fix };
  }
  const where = `${host}:${port}`;
  const fix = `check ${keyOf('imap_server')} and ${keyOf('imap_port')}, and what stands in between`;
  if (code !== undefined && /TIMEOUT|TIMEDOUT/.test(code)) {
    return { reason: 'timeout', detail: `${where} did not answer in time`, fix };
  }
  return { reason: 'unreachable', detail: `${where}: ${code ?? 'connection lost'}`, fix };
}

/** Codes of a server that spoke plain text, or TLS, where the other was expected. */
function isPlain(code: string | undefined): boolean {
  return code === 'MissingServerExtension' || (code?.startsWith('ERR_SSL_') ?? false);
}
